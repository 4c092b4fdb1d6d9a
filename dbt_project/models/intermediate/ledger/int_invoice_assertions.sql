{{ config(materialized='view') }}

-- What each version of an invoice says about its balance. The bill: the total on the invoice date, if the status makes
-- it a receivable, or if it was taken back on a known later day; then the second entry takes it back. An amount of
-- null says "nothing": against an earlier version that said something, it becomes a reversal.
with bills as (
    select
        versions.*,
        'bill' as slot,
        case
            when is_deleted then null
            when {{ is_receivable('status') }} or {{ is_cancelled_on_a_date('status', 'cancelled_date') }} then total
        end as amount,
        invoice_date as effective_date,
        created_at as stated_at,
        -- What it ages from is part of what the bill says: another due date is news about its age.
        coalesce(due_date, invoice_date) as bill_due_date,
        1 as count_step
    from {{ ref('stg_invoice_versions') }} as versions
),

cancellations as (
    select
        versions.*,
        'cancellation' as slot,
        case when not is_deleted and {{ is_cancelled_on_a_date('status', 'cancelled_date') }} then -total end as amount,
        cancelled_date as effective_date,
        -- The source knew of the invoice when it created it, not of its cancellation.
        {{ null_instant() }} as stated_at,
        cast(null as date) as bill_due_date,
        0 as count_step
    from {{ ref('stg_invoice_versions') }} as versions
    where has_history or status in ('cancelled', 'refunded')
),

entries as (
    select * from bills
    union all
    select * from cancellations
),

final as (
    select
        'invoices' as source_table,
        slot,
        version_id,
        has_history,
        is_first_load,
        known_from,
        row_key,
        hospital_id,
        source_name,
        'billed' as event_type,
        cast(null as {{ dbt.type_string() }}) as adjustment_kind,
        amount,
        effective_date,
        stated_at,
        bill_due_date as due_date,
        currency,
        {{ null_key() }} as money_key,
        row_key as invoice_key,
        invoice_id,
        {{ null_key() }} as payment_key,
        patient_id,
        count_step
    from entries
)

select * from final
