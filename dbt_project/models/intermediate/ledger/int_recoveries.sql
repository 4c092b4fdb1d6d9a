-- Money received on what was written off: the write-off is lifted by as much, so that no credit arises. On every day an
-- invoice has recovered what its balance would otherwise lie below zero, at most what was written off and what was
-- received, net of refunds, from the day of its first write-off on; an entry is the change from the day before.
with events as (
    select * from {{ ref('int_receivable_events') }} where invoice_key is not null
),

with_write_off as (
    select distinct invoice_key
    from {{ ref('int_adjustment_assertions') }}
    where event_type = 'written_off' and invoice_key is not null
),

days as (
    select
        events.invoice_key,
        events.hospital_id,
        events.currency,
        events.invoice_id,
        events.patient_id,
        events.effective_date,
        sum(events.amount) as balance_change,
        sum(case when events.event_type = 'written_off' then -events.amount else 0 end) as written_off,
        sum(case when events.event_type in ('collected', 'refunded') then -events.amount else 0 end) as received,
        max(events.booked_at) as booked_at,
        max(events.booked_date) as booked_date,
        min(events.source_name) as source_name
    from events
    inner join with_write_off on events.invoice_key = with_write_off.invoice_key
    group by 1, 2, 3, 4, 5, 6
),

dated as (
    select
        days.*,
        min(case when written_off <> 0 then effective_date end) over (
            partition by invoice_key, currency
        ) as first_write_off
    from days
),

levels as (
    select
        dated.*,
        greatest(0, least(
            -sum(balance_change) over so_far,
            sum(written_off) over so_far,
            sum(received) over so_far,
            sum(case when effective_date >= first_write_off then received else 0 end) over so_far
        )) as recovered_to_date,
        max(booked_at) over so_far as known_at,
        max(booked_date) over so_far as known_on
    from dated
    window so_far as (
        partition by invoice_key, currency order by effective_date rows between unbounded preceding and current row
    )
),

steps as (
    select
        levels.*,
        recovered_to_date - lag(recovered_to_date, 1, cast(0 as numeric(18, 3))) over (
            partition by invoice_key, currency order by effective_date
        ) as amount
    from levels
),

final as (
    select
        {{ daybook_key(["'recovery'", "invoice_key", "currency", "effective_date"]) }} as event_key,
        hospital_id,
        currency,
        invoice_key as item_key,
        invoice_key,
        invoice_id,
        patient_id,
        amount,
        effective_date,
        known_at as booked_at,
        known_on as booked_date,
        source_name
    from steps
    where amount <> 0
)

select * from final
