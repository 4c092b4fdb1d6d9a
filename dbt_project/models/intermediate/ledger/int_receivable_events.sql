{{ config(materialized='view') }}

-- The ledger as the sources tell it: every entry with its instant of booking, its currency, and the invoice it belongs
-- to today. Money for an invoice that we do not have stays money without an invoice, and relinks when it arrives.
with entries as (
    select * from {{ ref('int_ledger_entries') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

booked as (
    select
        entries.*,
        hospitals.timezone,
        hospitals.currency as hospital_currency,
        {{ booked_at(
            'entries.is_first_load', 'entries.stated_at', 'entries.effective_date', 'entries.known_from', 'hospitals.timezone'
        ) }} as booked_at
    from entries
    inner join hospitals on entries.hospital_id = hospitals.hospital_id
),

final as (
    select
        {{ daybook_key([
            "'event'", "booked.source_table", "booked.slot", "booked.version_id", "booked.is_reversal"
        ]) }} as event_key,
        booked.hospital_id,
        coalesce(booked.currency, invoices.currency, booked.hospital_currency) as currency,
        coalesce(invoices.invoice_key, booked.payment_key, booked.row_key) as item_key,
        invoices.invoice_key,
        booked.invoice_id,
        coalesce(invoices.patient_id, booked.patient_id) as patient_id,
        booked.payment_key,
        booked.event_type,
        booked.adjustment_kind,
        booked.amount,
        booked.effective_date,
        booked.booked_at,
        {{ local_date('booked.booked_at', 'booked.timezone') }} as booked_date,
        booked.is_reversal,
        booked.count_step,
        booked.source_name,
        booked.source_table,
        booked.version_id as source_version_id
    from booked
    left join invoices on booked.invoice_key = invoices.invoice_key
)

select * from final
