-- Money applied to invoices, by month of the invoice and month in which it came to count; a month before the invoice's
-- own is its own. Nearly always that is the money received. Only an invoice that was ever in credit, or on which
-- something ran the other way (a bill lowered; a refund, a recovery, an adjustment upwards), is followed from month to
-- month: the least of what was received, what was owed, and what is billed on it today, never below 0.
with events as (
    select events.*, hospitals.business_date
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('int_hospitals') }} as hospitals on events.hospital_id = hospitals.hospital_id
    where events.invoice_key is not null and events.effective_date <= hospitals.business_date
),

invoices as (
    select
        invoice_key,
        hospital_id,
        currency,
        cast({{ dbt.date_trunc('month', 'invoice_date') }} as date) as billed_month
    from {{ ref('int_invoices') }}
),

followed as (
    select invoice_key from {{ ref('fct_invoice_balances') }} where balance < 0 and invoice_key is not null
    union distinct
    select invoice_key
    from events
    where case when event_type = 'billed' then amount < 0 else amount > 0 end
),

received as (
    select
        events.invoice_key,
        cast({{ dbt.date_trunc('month', 'events.effective_date') }} as date) as applied_month,
        -events.amount as amount
    from events
    left join followed on events.invoice_key = followed.invoice_key
    where events.event_type = 'collected' and followed.invoice_key is null
),

months as (
    select
        events.invoice_key,
        cast({{ dbt.date_trunc('month', 'events.effective_date') }} as date) as applied_month,
        sum(case when events.event_type in ('collected', 'refunded') then -events.amount else 0 end) as received,
        sum(case when events.event_type in ('collected', 'refunded') then 0 else events.amount end) as owed,
        sum(case when events.event_type = 'billed' then events.amount else 0 end) as billed
    from events
    inner join followed on events.invoice_key = followed.invoice_key
    group by 1, 2
),

levels as (
    select
        invoice_key,
        applied_month,
        greatest(0.000, least(
            sum(received) over so_far,
            sum(owed) over so_far,
            sum(billed) over (partition by invoice_key)
        )) as applied_to_date
    from months
    window so_far as (partition by invoice_key order by applied_month rows between unbounded preceding and current row)
),

steps as (
    select invoice_key, applied_month, amount from received
    union all
    select
        invoice_key,
        applied_month,
        applied_to_date - lag(applied_to_date, 1, cast(0 as numeric(18, 3))) over (
            partition by invoice_key order by applied_month
        ) as amount
    from levels
),

final as (
    select
        invoices.hospital_id,
        invoices.currency,
        invoices.billed_month,
        greatest(steps.applied_month, invoices.billed_month) as applied_month,
        sum(steps.amount) as amount
    from steps
    inner join invoices on steps.invoice_key = invoices.invoice_key
    group by 1, 2, 3, 4
)

select * from final
