-- The same figures by department and provider of the invoice; what has neither is a line of its own (null).
{{ config(indexes=[
    {'columns': ['aging_key'], 'unique': True},
    {'columns': ['hospital_id', 'department_key', 'provider_key', 'as_of_date']},
]) }}

with steps as (
    select * from {{ ref('int_aging_steps') }}
),

final as (
    select
        {{ daybook_key([
            "'aging_by_provider'", "hospital_id", "currency", "payer_class", "bucket", "step_date",
            "coalesce(cast(department_key as " ~ dbt.type_string() ~ "), '')",
            "coalesce(cast(provider_key as " ~ dbt.type_string() ~ "), '')",
        ]) }} as aging_key,
        hospital_id,
        currency,
        department_key,
        provider_key,
        payer_class,
        bucket,
        step_date as as_of_date,
        sum(amount) over (figure rows between unbounded preceding and current row) as amount,
        cast(sum(invoice_step) over (figure rows between unbounded preceding and current row) as bigint) as invoice_count
    from steps
    window figure as (
        partition by hospital_id, currency, department_key, provider_key, payer_class, bucket order by step_date
    )
)

select * from final
