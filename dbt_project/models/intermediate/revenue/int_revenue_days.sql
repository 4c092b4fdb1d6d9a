-- Revenue by day at the finest grain that the marts add up: one pass over the ledger for all of them. An allocation moves
-- revenue between lines on its date. A payment with allocations counts in each line that holds some of it, from the day it
-- first does to the day it no longer does; any other payment, and an invoice, where the ledger counts it.
with events as (
    select * from {{ ref('fct_receivable_events') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

allocated as (
    select distinct payment_key from {{ ref('stg_allocations') }} where payment_key is not null
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
        -- Money without an invoice has no payer but the one who paid it.
        case when events.invoice_key is null then payments.payer_key else invoices.payer_key end as invoice_payer_key,
        case events.event_type when 'billed' then events.amount when 'collected' then -events.amount else 0 end as revenue,
        case when events.event_type = 'refunded' then events.amount else 0 end as refunded_amount,
        case when allocated.payment_key is null then events.count_step else 0 end as count_step,
        case when events.event_type = 'collected' then allocated.payment_key end as allocated_payment_key
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    left join {{ ref('int_invoices') }} as invoices on events.invoice_key = invoices.invoice_key
    left join {{ ref('int_payments') }} as payments on events.payment_key = payments.payment_key
    left join allocated on events.payment_key = allocated.payment_key
    where
        events.event_type in ('collected', 'refunded', 'billed')
        and events.effective_date <= hospitals.business_date
),

-- One row for each line and day, and for each allocated payment in it.
summed as (
    select
        hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key, invoice_payer_key,
        allocated_payment_key,
        sum(revenue) as revenue,
        sum(refunded_amount) as refunded_amount,
        sum(count_step) as count_step
    from attributed
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
),

held as (
    select
        summed.*,
        sum(revenue) over (
            partition by
                allocated_payment_key, hospital_id, currency, basis, department_key, provider_key, payer_key, invoice_payer_key
            order by revenue_date rows between unbounded preceding and current row
        ) as held_amount
    from summed
    where allocated_payment_key is not null
),

counted as (
    select
        hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key, invoice_payer_key, revenue,
        refunded_amount, count_step
    from summed
    where allocated_payment_key is null
    union all
    select
        hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key, invoice_payer_key, revenue,
        refunded_amount,
        case when held_amount > 0 then 1 else 0 end - case when held_amount - revenue > 0 then 1 else 0 end as count_step
    from held
),

final as (
    select
        hospital_id, currency, basis, revenue_date, department_key, provider_key, payer_key, invoice_payer_key,
        cast(sum(revenue) as numeric(18, 3)) as revenue,
        cast(sum(refunded_amount) as numeric(18, 3)) as refunded_amount,
        cast(sum(count_step) as bigint) as item_count
    from counted
    group by 1, 2, 3, 4, 5, 6, 7, 8
    having sum(revenue) <> 0 or sum(refunded_amount) <> 0 or sum(count_step) <> 0
)

select * from final
