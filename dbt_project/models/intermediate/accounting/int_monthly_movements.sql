-- What moved balances in each month, up to the business date: the one pass over the ledger behind the roll-forward.
with events as (
    select * from {{ ref('fct_receivable_events') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

final as (
    select
        events.hospital_id,
        events.currency,
        cast({{ dbt.date_trunc('month', 'events.effective_date') }} as date) as month,
        sum(case when events.event_type = 'billed' then events.amount else 0.000 end) as billed,
        sum(case when events.event_type = 'collected' then -events.amount else 0.000 end) as collected,
        sum(case when events.event_type = 'refunded' then events.amount else 0.000 end) as refunded,
        sum(case when events.event_type = 'adjusted' then -events.amount else 0.000 end) as adjusted,
        sum(case when events.event_type = 'written_off' then -events.amount else 0.000 end) as written_off,
        sum(case when events.event_type = 'recovered' then events.amount else 0.000 end) as recovered,
        sum(events.amount) as movement
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    where events.effective_date <= hospitals.business_date
    group by 1, 2, 3
)

select * from final
