{{ config(materialized='view') }}

-- What each version of a refund says about a balance. Its invoice is the one its payment is linked to today.
with versions as (
    select * from {{ ref('stg_refund_versions') }}
),

payments as (
    select * from {{ ref('int_payments') }}
),

final as (
    select
        'refunds' as source_table,
        'refund' as slot,
        versions.version_id,
        versions.has_history,
        versions.is_first_load,
        versions.known_from,
        versions.row_key,
        versions.hospital_id,
        versions.source_name,
        'refunded' as event_type,
        cast(null as {{ dbt.type_string() }}) as adjustment_kind,
        case when not versions.is_deleted then versions.amount end as amount,
        versions.refund_date as effective_date,
        {{ null_instant() }} as stated_at,
        cast(null as date) as due_date,
        cast(null as {{ dbt.type_string() }}) as currency,
        versions.payment_key as money_key,
        payments.invoice_key,
        payments.invoice_id,
        versions.payment_key,
        payments.patient_id,
        0 as count_step
    from versions
    left join payments on versions.payment_key = payments.payment_key
)

select * from final
