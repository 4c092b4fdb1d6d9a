-- The same money as revenue_metrics by department, provider and payer. Collected money goes by who paid, billed money by
-- whom the invoice names; what has no department, provider or payer is a line of its own (null).
{{ config(indexes=[
    {'columns': ['revenue_key'], 'unique': True},
    {'columns': ['hospital_id', 'basis', 'revenue_date']},
]) }}

with days as (
    select * from {{ ref('int_revenue_days') }}
),

summed as (
    select
        hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key,
        sum(revenue) as revenue,
        sum(refunded_amount) as refunded_amount,
        cast(sum(item_count) as bigint) as item_count
    from days
    group by 1, 2, 3, 4, 5, 6, 7
    having sum(revenue) <> 0 or sum(refunded_amount) <> 0 or sum(item_count) <> 0
),

final as (
    select
        {{ daybook_key([
            "'revenue_daily'", "hospital_id", "currency", "basis", "revenue_date",
            "coalesce(cast(department_key as " ~ dbt.type_string() ~ "), '')",
            "coalesce(cast(provider_key as " ~ dbt.type_string() ~ "), '')",
            "coalesce(cast(payer_key as " ~ dbt.type_string() ~ "), '')",
        ]) }} as revenue_key,
        summed.*
    from summed
)

select
    revenue_key, hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key, revenue,
    refunded_amount, item_count
from final
