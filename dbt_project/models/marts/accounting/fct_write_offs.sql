-- Every write-off that was approved, here or in the billing system, under one of eight categories. What was recovered on an
-- invoice lifts its oldest write-off first; a negative amount takes one back (a reversal, or the billing system's own
-- correction upwards), and recovers nothing.
{{ config(indexes=[
    {'columns': ['write_off_key'], 'unique': True},
    {'columns': ['hospital_id', 'effective_date']},
    {'columns': ['hospital_id', 'patient_id']},
    {'columns': ['invoice_key']},
]) }}

with write_offs as (
    select * from {{ ref('int_write_offs') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

recoveries as (
    select events.invoice_key, events.currency, sum(events.amount) as recovered
    from {{ ref('fct_receivable_events') }} as events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    where events.event_type = 'recovered' and events.effective_date <= hospitals.business_date
    group by events.invoice_key, events.currency
),

owed as (
    select
        write_offs.*,
        invoices.invoice_key as known_invoice_key,
        coalesce(invoices.patient_id, write_offs.patient_id) as owing_patient_id,
        coalesce(write_offs.currency, invoices.currency, hospitals.currency) as own_currency,
        -- Only what counts and stands today can have been recovered today.
        case
            when write_offs.effective_date <= hospitals.business_date and write_offs.status = 'APPROVED'
                then greatest(write_offs.amount, 0.000)
            else 0.000
        end as recoverable
    from write_offs
    inner join hospitals on write_offs.hospital_id = hospitals.hospital_id
    left join invoices on write_offs.invoice_key = invoices.invoice_key
),

final as (
    select
        owed.write_off_key,
        owed.hospital_id,
        owed.source_name,
        owed.origin,
        owed.write_off_id,
        owed.known_invoice_key as invoice_key,
        owed.invoice_id,
        owed.owing_patient_id as patient_id,
        owed.own_currency as currency,
        owed.amount,
        owed.category,
        owed.status,
        owed.requested_by,
        owed.approved_by,
        owed.effective_date,
        owed.booked_at,
        owed.posting_id,
        owed.posted_amount,
        owed.reconciliation,
        greatest(0.000, least(
            owed.recoverable,
            coalesce(recoveries.recovered, 0.000) - coalesce(sum(owed.recoverable) over (
                partition by owed.known_invoice_key, owed.own_currency
                order by owed.effective_date, owed.write_off_key rows between unbounded preceding and 1 preceding
            ), 0)
        )) as recovered
    from owed
    left join recoveries
        on owed.known_invoice_key = recoveries.invoice_key and owed.own_currency = recoveries.currency
)

select * from final
