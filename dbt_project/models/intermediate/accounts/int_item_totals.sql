-- What each invoice (or payment or adjustment without one) adds up to on the business date of its hospital.
with events as (
    select * from {{ ref('fct_receivable_events') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

final as (
    select
        events.item_key,
        sum(case when events.event_type = 'billed' then events.amount else 0 end) as billed,
        sum(case when events.event_type = 'collected' then -events.amount else 0 end) as collected,
        sum(case when events.event_type = 'refunded' then events.amount else 0 end) as refunded,
        sum(case when events.event_type = 'adjusted' then -events.amount else 0 end) as adjusted,
        sum(
            case when events.event_type = 'adjusted' and events.adjustment_kind = 'contractual' then -events.amount else 0 end
        ) as contractual,
        sum(case when events.event_type = 'written_off' then -events.amount else 0 end) as written_off,
        sum(case when events.event_type = 'recovered' then events.amount else 0 end) as recovered,
        sum(events.amount) as balance,
        min(events.booked_at) as first_booked_at,
        max(events.booked_at) as last_booked_at
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    where events.effective_date <= hospitals.business_date
    group by events.item_key
)

select * from final
