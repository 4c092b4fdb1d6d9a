-- Allocations to invoices that we have, in the money's own currency: known when both the allocation and the invoice were,
-- taken back when the invoice is gone. What is allocated to any other invoice stays where the money is. `is_plain` is
-- money that was received once, before anything of it was ever taken back or moved on, and of which no more is allocated
-- than there is: it needs no comparing.
with entries as (
    select * from {{ ref('int_booked_entries') }} where source_table = 'allocations'
),

money as (
    select * from {{ ref('int_allocatable_money') }} where is_current
),

links as (
    select * from {{ ref('int_invoice_links') }}
),

targets as (
    select
        invoices.invoice_key, invoices.invoice_id, invoices.hospital_id, invoices.currency, links.first_known_at,
        links.gone_at
    from {{ ref('int_invoices') }} as invoices
    left join links on invoices.invoice_key = links.invoice_key
    union all
    select invoice_key, invoice_id, hospital_id, currency, first_known_at, gone_at
    from links
    where gone_at is not null
),

placeable as (
    select
        entries.money_key,
        entries.invoice_key,
        targets.invoice_id,
        entries.effective_date,
        greatest(entries.booked_at, coalesce(targets.first_known_at, entries.booked_at)) as booked_at,
        targets.gone_at,
        entries.timezone,
        entries.amount,
        money.available,
        money.fact_count,
        money.available_from,
        money.known_at,
        money.known_on
    from entries
    inner join money on entries.money_key = money.money_key
    inner join targets
        on
            entries.invoice_key = targets.invoice_key
            and money.currency = targets.currency
            and money.hospital_id = targets.hospital_id
),

known as (
    select
        money_key, invoice_key, invoice_id, effective_date, booked_at, timezone, amount, available, fact_count,
        available_from, known_at, known_on
    from placeable
    union all
    select
        money_key, invoice_key, invoice_id, effective_date, greatest(booked_at, gone_at) as booked_at, timezone,
        -amount as amount, available, fact_count, available_from, known_at, known_on
    from placeable
    where gone_at is not null
),

final as (
    select
        money_key, invoice_key, invoice_id, effective_date, booked_at,
        {{ local_date('booked_at', 'timezone') }} as booked_date,
        amount, available, fact_count, available_from, known_at, known_on,
        fact_count = 1
        and min(amount) over (partition by money_key) > 0
        and sum(amount) over (partition by money_key) <= available as is_plain
    from known
)

select * from final
