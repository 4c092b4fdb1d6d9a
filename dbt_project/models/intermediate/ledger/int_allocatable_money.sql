-- Each statement of a payment or adjustment that is spread over invoices: where its money was from then on when nothing
-- is allocated. With the newest one stands how much there is, net of what was given back, and how many entries say so.
with allocated as (
    select distinct money_key from {{ ref('stg_allocation_versions') }} where money_key is not null
),

facts as (
    select events.*
    from {{ ref('int_receivable_events') }} as events
    inner join allocated on events.money_key = allocated.money_key
),

homes as (
    select
        facts.*,
        lead(booked_at) over statements as until_at,
        row_number() over (partition by money_key order by booked_at desc, source_version_id desc) = 1 as is_current
    from facts
    where source_table in ('payments', 'adjustments') and event_type <> 'refunded' and not is_reversal
    window statements as (partition by money_key order by booked_at, source_version_id)
),

sums as (
    select
        money_key,
        sum(-amount) as available,
        count(*) as fact_count,
        min(effective_date) as available_from,
        max(booked_at) as known_at,
        max(booked_date) as known_on
    from facts
    group by money_key
),

final as (
    select
        homes.event_key as home_key,
        homes.money_key,
        homes.booked_at as from_at,
        homes.until_at,
        homes.is_current,
        homes.hospital_id,
        homes.currency,
        homes.item_key,
        homes.former_item_key,
        homes.former_from,
        homes.linked_at,
        homes.linked_on,
        homes.relinked_at,
        homes.relinked_on,
        homes.invoice_key,
        homes.invoice_id,
        homes.patient_id,
        homes.payment_key,
        homes.event_type,
        homes.adjustment_kind,
        homes.source_name,
        sums.available,
        sums.fact_count,
        sums.available_from,
        sums.known_at,
        sums.known_on
    from homes
    inner join sums on homes.money_key = sums.money_key
)

select * from final
