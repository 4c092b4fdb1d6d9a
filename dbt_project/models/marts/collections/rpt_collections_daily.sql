-- What was billed on a day and what has been applied to it until the business date, by department, provider and payer of
-- the invoice. Contractual adjustments above the bill do not lower what others owe.
{{ config(indexes=[
    {'columns': ['collection_key'], 'unique': True},
    {'columns': ['hospital_id', 'invoice_date']},
]) }}

with invoices as (
    select invoices.*
    from {{ ref('fct_invoices') }} as invoices
    inner join {{ ref('int_hospitals') }} as hospitals on invoices.hospital_id = hospitals.hospital_id
    where invoices.billed <> 0 and invoices.invoice_date <= hospitals.business_date
),

summed as (
    select
        hospital_id, currency, invoice_date, department_key, provider_key, payer_key,
        sum(billed) as billed,
        sum(applied_amount) as applied,
        sum(least(contractual, billed)) as contractual,
        count(*) as invoice_count
    from invoices
    group by 1, 2, 3, 4, 5, 6
),

final as (
    select
        {{ daybook_key([
            "'collection'", "hospital_id", "currency", "invoice_date",
            "coalesce(cast(department_key as " ~ dbt.type_string() ~ "), '')",
            "coalesce(cast(provider_key as " ~ dbt.type_string() ~ "), '')",
            "coalesce(cast(payer_key as " ~ dbt.type_string() ~ "), '')",
        ]) }} as collection_key,
        summed.*
    from summed
)

select
    collection_key, hospital_id, currency, invoice_date, department_key, provider_key, payer_key, billed, applied, contractual,
    invoice_count
from final
