-- Write-offs add up to the ledger's by day, one by one and summed up; what was recovered on them, in all.
with events as (
    select events.hospital_id, events.currency, events.effective_date, events.event_type, events.amount
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('dim_hospitals') }} as hospitals on events.hospital_id = hospitals.hospital_id
    where events.event_type in ('written_off', 'recovered') and events.effective_date <= hospitals.business_date
),

figures as (
    select
        hospital_id, currency, effective_date, 'by day' as figure,
        sum(case when event_type = 'written_off' then -amount else 0 end) as in_ledger,
        0 as in_mart
    from events
    group by hospital_id, currency, effective_date
    union all
    select hospital_id, currency, effective_date, 'by day', 0, amount from {{ ref('rpt_write_offs') }}
    union all
    select
        hospital_id, currency, effective_date, 'one by one',
        case when event_type = 'written_off' then -amount else 0 end, 0
    from events
    union all
    select write_offs.hospital_id, write_offs.currency, write_offs.effective_date, 'one by one', 0, write_offs.amount
    from {{ ref('fct_write_offs') }} as write_offs
    inner join {{ ref('dim_hospitals') }} as hospitals on write_offs.hospital_id = hospitals.hospital_id
    where write_offs.effective_date <= hospitals.business_date
    union all
    select
        hospital_id, currency, cast(null as date), 'recovered',
        case when event_type = 'recovered' then amount else 0 end, 0
    from events
    union all
    select hospital_id, currency, cast(null as date), 'recovered', 0, recovered from {{ ref('rpt_write_offs') }}
)

select hospital_id, currency, effective_date, figure
from figures
group by hospital_id, currency, effective_date, figure
having sum(in_ledger) <> sum(in_mart)
