-- The same money as revenue_metrics by department, provider and payer. Collected money goes by who paid, billed money by
-- whom the invoice names; what has no department, provider or payer is a line of its own (null).
{{ config(indexes=[
    {'columns': ['revenue_key'], 'unique': True},
    {'columns': ['hospital_id', 'basis', 'revenue_date']},
]) }}

with events as (
    select * from {{ ref('fct_receivable_events') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

attributed as (
    select
        events.hospital_id,
        events.currency,
        case when events.event_type = 'billed' then 'billed' else 'collected' end as basis,
        events.effective_date as revenue_date,
        invoices.department_key,
        invoices.provider_key,
        case when events.event_type = 'billed' then invoices.payer_key else payments.payer_key end as payer_key,
        case events.event_type when 'billed' then events.amount when 'collected' then -events.amount else 0 end as revenue,
        case when events.event_type = 'refunded' then events.amount else 0 end as refunded_amount,
        events.count_step
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    left join {{ ref('int_invoices') }} as invoices on events.invoice_key = invoices.invoice_key
    left join {{ ref('int_payments') }} as payments on events.payment_key = payments.payment_key
    where
        events.event_type in ('collected', 'refunded', 'billed')
        and events.effective_date <= hospitals.business_date
),

summed as (
    select
        hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key,
        sum(revenue) as revenue,
        sum(refunded_amount) as refunded_amount,
        cast(sum(count_step) as bigint) as item_count
    from attributed
    group by 1, 2, 3, 4, 5, 6, 7
    having sum(revenue) <> 0 or sum(refunded_amount) <> 0 or sum(count_step) <> 0
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
