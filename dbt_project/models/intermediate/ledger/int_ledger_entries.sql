{{ config(materialized='view') }}

-- From what versions say to dated entries: a row with one version says it once, others by their changes.
with assertions as (
    select * from {{ ref('int_invoice_assertions') }}
    union all
    select * from {{ ref('int_payment_assertions') }}
    union all
    select * from {{ ref('int_refund_assertions') }}
    union all
    select * from {{ ref('int_adjustment_assertions') }}
    union all
    select * from {{ ref('int_allocation_assertions') }}
    union all
    select * from {{ ref('int_decision_assertions') }}
),

entries as (
    select
        source_table, slot, row_key, hospital_id, source_name, event_type, adjustment_kind, amount, effective_date,
        stated_at, due_date, currency, money_key, invoice_key, invoice_id, payment_key, patient_id, count_step,
        is_first_load, version_id, known_from, false as is_reversal
    from assertions
    where not has_history and amount is not null
    union all
    select
        source_table, slot, row_key, hospital_id, source_name, event_type, adjustment_kind, amount, effective_date,
        stated_at, due_date, currency, money_key, invoice_key, invoice_id, payment_key, patient_id, count_step,
        is_first_load, version_id, known_from, is_reversal
    from {{ ref('int_ledger_changes') }}
)

select * from entries
