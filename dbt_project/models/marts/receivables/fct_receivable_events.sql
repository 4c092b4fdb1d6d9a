{{ config(indexes=[
    {'columns': ['event_key'], 'unique': True},
    {'columns': ['invoice_key']},
    {'columns': ['hospital_id', 'item_key']},
    {'columns': ['hospital_id', 'effective_date']},
    {'columns': ['hospital_id', 'patient_id']},
]) }}

with events as (
    select * from {{ ref('int_receivable_events') }}
),

moves as (
    select * from {{ ref('int_allocation_moves') }}
),

recoveries as (
    select * from {{ ref('int_recoveries') }}
),

final as (
    select
        event_key, hospital_id, currency, item_key, former_item_key, former_from, relinked_on, invoice_key, invoice_id,
        patient_id, payment_key, event_type, adjustment_kind, amount, effective_date, due_date, booked_at, booked_date,
        is_reversal, count_step, source_name, source_table, source_version_id
    from events
    union all
    select
        event_key, hospital_id, currency, item_key, former_item_key, former_from, relinked_on, invoice_key, invoice_id,
        patient_id, payment_key, event_type, adjustment_kind, amount, effective_date, null as due_date, booked_at,
        booked_date, false as is_reversal, 0 as count_step, source_name, 'allocations' as source_table, null as source_version_id
    from moves
    union all
    select
        event_key, hospital_id, currency, item_key, {{ null_key() }} as former_item_key, null as former_from,
        null as relinked_on, invoice_key, invoice_id, patient_id,
        {{ null_key() }} as payment_key, 'recovered' as event_type, null as adjustment_kind, amount, effective_date,
        null as due_date, booked_at, booked_date, false as is_reversal, 0 as count_step, source_name,
        'recoveries' as source_table, null as source_version_id
    from recoveries
)

select * from final
