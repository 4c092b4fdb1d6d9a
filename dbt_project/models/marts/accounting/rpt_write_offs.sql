-- Write-offs that count today, by day, category, status and approver. What was recovered on an invoice that has none of its
-- own (one was allocated to it) stands under OTHER, on the day it came in.
{{ config(indexes=[
    {'columns': ['write_off_summary_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'effective_date']},
]) }}

with write_offs as (
    select * from {{ ref('fct_write_offs') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

assigned as (
    select invoice_key, currency, sum(recovered) as recovered
    from write_offs
    group by invoice_key, currency
),

recoveries as (
    select
        events.hospital_id,
        events.currency,
        events.invoice_key,
        max(events.effective_date) as effective_date,
        sum(events.amount) as recovered
    from {{ ref('fct_receivable_events') }} as events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    where events.event_type = 'recovered' and events.effective_date <= hospitals.business_date
    group by events.hospital_id, events.currency, events.invoice_key
),

recovered_elsewhere as (
    select
        recoveries.hospital_id,
        recoveries.currency,
        recoveries.effective_date,
        recoveries.recovered - coalesce(assigned.recovered, 0) as recovered
    from recoveries
    left join assigned
        on recoveries.invoice_key = assigned.invoice_key and recoveries.currency = assigned.currency
    where recoveries.recovered <> coalesce(assigned.recovered, 0)
),

lines as (
    select
        write_offs.hospital_id, write_offs.currency, write_offs.effective_date, write_offs.category, write_offs.status,
        write_offs.approved_by, write_offs.amount, write_offs.recovered,
        case when write_offs.amount > 0 then 1 else 0 end as write_off_count
    from write_offs
    inner join hospitals on write_offs.hospital_id = hospitals.hospital_id
    where write_offs.effective_date <= hospitals.business_date
    union all
    select
        hospital_id, currency, effective_date, 'OTHER' as category, 'APPROVED' as status,
        'billing system' as approved_by, 0.000 as amount, recovered, 0 as write_off_count
    from recovered_elsewhere
),

final as (
    select
        {{ daybook_key([
            "'write off summary'", "hospital_id", "currency", "effective_date", "category", "status", "approved_by"
        ]) }} as write_off_summary_key,
        hospital_id,
        currency,
        effective_date,
        category,
        status,
        approved_by,
        sum(amount) as amount,
        cast(sum(write_off_count) as bigint) as write_off_count,
        sum(recovered) as recovered
    from lines
    group by hospital_id, currency, effective_date, category, status, approved_by
)

select * from final
