-- Every write-off as it stands today, under one of eight categories. What was recovered on an invoice lifts its oldest
-- write-off first; a negative amount is the billing system's own correction upwards, and recovers nothing.
{{ config(indexes=[
    {'columns': ['write_off_key'], 'unique': True},
    {'columns': ['hospital_id', 'effective_date']},
    {'columns': ['hospital_id', 'patient_id']},
    {'columns': ['invoice_key']},
]) }}

with adjustments as (
    select * from {{ ref('stg_adjustment_versions') }} where kind = 'write_off'
),

current_rows as (
    select adjustment_key, version_id from {{ ref('stg_adjustments') }} where kind = 'write_off'
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

write_offs as (
    select
        adjustments.*,
        invoices.invoice_key as known_invoice_key,
        coalesce(invoices.patient_id, adjustments.patient_id) as owing_patient_id,
        coalesce(invoices.currency, hospitals.currency) as currency,
        {{ write_off_category('adjustments.category') }} as house_category,
        {{ booked_at(
            'adjustments.is_first_load', null_instant(), 'adjustments.adjustment_date', 'adjustments.known_from',
            'hospitals.timezone'
        ) }} as booked_at,
        -- Only what counts today can have been recovered today.
        case
            when adjustments.adjustment_date <= hospitals.business_date then greatest(adjustments.amount, 0.000) else 0.000
        end as recoverable
    from current_rows
    inner join adjustments
        on current_rows.adjustment_key = adjustments.row_key and current_rows.version_id = adjustments.version_id
    inner join hospitals on adjustments.hospital_id = hospitals.hospital_id
    left join invoices on adjustments.invoice_key = invoices.invoice_key
),

final as (
    select
        write_offs.row_key as write_off_key,
        write_offs.hospital_id,
        write_offs.source_name,
        write_offs.adjustment_id as write_off_id,
        write_offs.known_invoice_key as invoice_key,
        write_offs.invoice_id,
        write_offs.owing_patient_id as patient_id,
        write_offs.currency,
        write_offs.amount,
        write_offs.house_category as category,
        'APPROVED' as status,
        'billing system' as requested_by,
        'billing system' as approved_by,
        write_offs.adjustment_date as effective_date,
        write_offs.booked_at,
        greatest(0.000, least(
            write_offs.recoverable,
            coalesce(recoveries.recovered, 0.000) - coalesce(sum(write_offs.recoverable) over (
                partition by write_offs.known_invoice_key, write_offs.currency
                order by write_offs.adjustment_date, write_offs.row_key rows between unbounded preceding and 1 preceding
            ), 0)
        )) as recovered
    from write_offs
    left join recoveries
        on write_offs.known_invoice_key = recoveries.invoice_key and write_offs.currency = recoveries.currency
)

select * from final
