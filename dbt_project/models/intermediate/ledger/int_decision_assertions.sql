{{ config(materialized='view') }}

-- What each approved write-off, or its taking back, says about a balance. A decision never changes: it has one version.
with decisions as (
    select * from {{ ref('stg_write_off_decisions') }}
),

final as (
    select
        'write_off_decisions' as source_table,
        kind as slot,
        decision_id as version_id,
        false as has_history,
        false as is_first_load,
        decided_at as known_from,
        decision_key as row_key,
        hospital_id,
        source_name,
        'written_off' as event_type,
        'write_off' as adjustment_kind,
        -amount as amount,
        effective_date,
        {{ null_instant() }} as stated_at,
        cast(null as date) as due_date,
        currency,
        decision_key as money_key,
        invoice_key,
        invoice_id,
        {{ null_key() }} as payment_key,
        patient_id,
        0 as count_step
    from decisions
)

select * from final
