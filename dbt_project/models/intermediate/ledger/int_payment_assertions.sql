{{ config(materialized='view') }}

-- What each version of a payment says about a balance: money received, and, if the whole payment was refunded and no
-- refunds of their own are known for it, the money given back. Refunds that come to be known later take its place then.
with refund_rows as (
    select distinct payment_key from {{ ref('stg_refunds') }}
),

refunded_by_rows as (
    select
        versions.payment_key,
        min(versions.known_from) as rows_known_from,
        max(case when versions.is_first_load then 1 else 0 end) = 1 as came_first
    from {{ ref('stg_refund_versions') }} as versions
    inner join refund_rows on versions.payment_key = refund_rows.payment_key
    group by versions.payment_key
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

stated_refunds as (
    select
        versions.*,
        refunded_by_rows.rows_known_from,
        case
            when versions.is_deleted or refunded_by_rows.came_first then null
            when refunded_by_rows.rows_known_from <= versions.known_from then null
            when versions.status = 'refunded' and versions.refunded_date is not null then versions.amount
        end as refunded_amount
    from {{ ref('stg_payment_versions') }} as versions
    left join refunded_by_rows on versions.row_key = refunded_by_rows.payment_key
    where versions.has_history or versions.status = 'refunded'
),

refunds as (
    select
        'refund' as slot, row_key, version_id, has_history, is_first_load, known_from,
        refunded_amount as signed_amount, hospital_id, source_name, refunded_date, invoice_key, invoice_id, patient_id
    from stated_refunds
    union all
    select
        'refund_replaced', stated.row_key, stated.version_id, false, false, stated.rows_known_from, -stated.refunded_amount,
        stated.hospital_id, stated.source_name, stated.refunded_date, stated.invoice_key, stated.invoice_id,
        stated.patient_id
    from stated_refunds as stated
    inner join {{ ref('stg_payments') }} as payments on stated.version_id = payments.version_id
    where stated.rows_known_from is not null and stated.refunded_amount is not null
),

entries as (
    select
        slot, row_key, version_id, has_history, is_first_load, known_from, signed_amount, hospital_id, source_name,
        effective_date, stated_at, event_type, invoice_key, invoice_id, patient_id, count_step
    from receipts
    union all
    -- The source knew of the payment when it created it, not of its refund.
    select
        slot, row_key, version_id, has_history, is_first_load, known_from, signed_amount, hospital_id, source_name,
        refunded_date, {{ null_instant() }}, 'refunded', invoice_key, invoice_id, patient_id, 0
    from refunds
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
