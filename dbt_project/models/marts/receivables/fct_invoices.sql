{{ config(indexes=[
    {'columns': ['invoice_key'], 'unique': True},
    {'columns': ['hospital_id', 'invoice_id']},
    {'columns': ['hospital_id', 'patient_id']},
    {'columns': ['hospital_id', 'invoice_date']},
]) }}

with invoices as (
    select * from {{ ref('int_invoices') }}
),

totals as (
    select * from {{ ref('int_item_totals') }}
),

received as (
    select invoice_key, payment_date
    from {{ ref('int_payments') }}
    where is_collected and invoice_key is not null and payment_date <= business_date
    union all
    select moves.invoice_key, moves.effective_date
    from {{ ref('int_allocation_moves') }} as moves
    inner join invoices on moves.invoice_key = invoices.invoice_key
    where moves.is_arrival and moves.event_type = 'collected' and moves.effective_date <= invoices.business_date
),

receipts as (
    select
        invoice_key,
        min(payment_date) as first_payment_date,
        max(payment_date) as last_payment_date
    from received
    group by invoice_key
),

-- Every schedule has a line for what it leaves of the total; it is consistent if that line is empty and nothing is too much.
schedules as (
    select
        lines.invoice_key,
        count(*) - 1 as instalment_count,
        sum(case when lines.is_remainder then 0 else lines.amount end) <> max(invoices.total) as is_inconsistent
    from {{ ref('int_instalments') }} as lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    group by lines.invoice_key
),

taxes as (
    select * from {{ ref('int_invoice_taxes') }}
),

final as (
    select
        invoices.invoice_key,
        invoices.hospital_id,
        invoices.source_name,
        invoices.invoice_id,
        invoices.patient_id,
        invoices.invoice_date,
        invoices.due_date,
        invoices.aging_date,
        invoices.is_due_date_missing,
        invoices.is_due_before_invoice,
        invoices.status,
        invoices.is_receivable,
        invoices.is_disputed,
        invoices.sent_date,
        invoices.is_unbilled,
        invoices.currency,
        invoices.subtotal,
        invoices.tax,
        invoices.discount,
        invoices.total,
        invoices.department_key,
        invoices.provider_key,
        invoices.payer_key,
        case
            when invoices.patient_owes_from <= invoices.business_date then 'patient' else invoices.first_payer_class
        end as payer_class,
        invoices.attribution,
        coalesce(totals.billed, 0) as billed,
        coalesce(totals.collected, 0) as collected,
        coalesce(totals.refunded, 0) as refunded,
        coalesce(totals.adjusted, 0) as adjusted,
        coalesce(totals.contractual, 0) as contractual,
        coalesce(totals.written_off, 0) as written_off,
        coalesce(totals.recovered, 0) as recovered,
        coalesce(totals.balance, 0) as balance,
        greatest(coalesce(totals.balance, 0), 0) as open_amount,
        greatest(-coalesce(totals.balance, 0), 0) as credit_amount,
        -- What was received for what was billed: neither a credit nor what was added to the bill later is in it.
        coalesce(greatest(0.000, least(
            totals.collected - totals.refunded,
            totals.collected - totals.refunded + totals.balance,
            totals.billed
        )), 0.000) as applied_amount,
        receipts.first_payment_date,
        receipts.last_payment_date,
        invoices.source_balance,
        invoices.source_balance - coalesce(totals.balance, 0) as balance_difference,
        invoices.is_total_inconsistent,
        cast(coalesce(schedules.instalment_count, 1) as integer) as instalment_count,
        coalesce(schedules.is_inconsistent, false) as is_schedule_inconsistent,
        invoices.is_stale,
        taxes.rate_kind as tax_rate_kind,
        taxes.tax_rate,
        taxes.taxable_amount
    from invoices
    left join taxes on invoices.invoice_key = taxes.invoice_key
    left join totals on invoices.invoice_key = totals.item_key
    left join schedules on invoices.invoice_key = schedules.invoice_key
    left join receipts on invoices.invoice_key = receipts.invoice_key
)

select * from final
