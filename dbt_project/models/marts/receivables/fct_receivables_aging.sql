-- What is open in each bucket, for every day there ever was, without a row for each invoice and day: the steps of a day
-- add up over the days.
{{ config(indexes=[
    {'columns': ['aging_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'payer_class', 'bucket', 'as_of_date'], 'unique': True},
    {'columns': ['hospital_id', 'as_of_date']},
]) }}

with steps as (
    select * from {{ ref('int_aging_steps') }}
),

days as (
    select
        hospital_id, currency, payer_class, bucket, step_date,
        sum(amount) as amount,
        sum(invoice_step) as invoice_step
    from steps
    group by 1, 2, 3, 4, 5
    having sum(amount) <> 0 or sum(invoice_step) <> 0
),

final as (
    select
        {{ daybook_key(["'aging'", "hospital_id", "currency", "payer_class", "bucket", "step_date"]) }} as aging_key,
        hospital_id,
        currency,
        payer_class,
        bucket,
        step_date as as_of_date,
        sum(amount) over (figure rows between unbounded preceding and current row) as amount,
        cast(sum(invoice_step) over (figure rows between unbounded preceding and current row) as bigint) as invoice_count
    from days
    window figure as (partition by hospital_id, currency, payer_class, bucket order by step_date)
)

select * from final
