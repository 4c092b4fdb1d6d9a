{{ config(materialized='view') }}

-- What each version of a payment says about a balance: money received, and, if the whole payment was refunded and no
-- refunds of their own are known for it, the money given back.
with refunded_by_rows as (
    select distinct payment_key from {{ ref('stg_refunds') }}
),

receipts as (
    select
        versions.*,
        'receipt' as slot,
        'collected' as event_type,
        case when not is_deleted and {{ is_collected('status') }} then -amount end as signed_amount,
        payment_date as effective_date,
        created_at as stated_at,
        1 as count_step
    from {{ ref('stg_payment_versions') }} as versions
),

refunds as (
    select
        versions.*,
        'refund' as slot,
        'refunded' as event_type,
        case
            when refunded_by_rows.payment_key is not null or versions.is_deleted then null
            when versions.status = 'refunded' and versions.refunded_date is not null then versions.amount
        end as signed_amount,
        versions.refunded_date as effective_date,
        -- The source knew of the payment when it created it, not of its refund.
        {{ null_instant() }} as stated_at,
        0 as count_step
    from {{ ref('stg_payment_versions') }} as versions
    left join refunded_by_rows on versions.row_key = refunded_by_rows.payment_key
    where versions.has_history or versions.status = 'refunded'
),

entries as (
    select * from receipts
    union all
    select * from refunds
),

final as (
    select
        'payments' as source_table,
        slot,
        version_id,
        has_history,
        is_first_load,
        known_from,
        row_key,
        hospital_id,
        source_name,
        event_type,
        cast(null as {{ dbt.type_string() }}) as adjustment_kind,
        signed_amount as amount,
        effective_date,
        stated_at,
        cast(null as date) as due_date,
        cast(null as {{ dbt.type_string() }}) as currency,
        row_key as money_key,
        invoice_key,
        invoice_id,
        row_key as payment_key,
        patient_id,
        count_step
    from entries
)

select * from final
