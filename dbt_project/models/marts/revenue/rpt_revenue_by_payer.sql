-- The same money as revenue_metrics by payer, told in two ways. `invoice`: the whole invoice, and what is paid on it, by the
-- payer that it names. `payer`: what was collected by who paid it, and what was billed by the shares inside the invoice.
-- Billed days are moved from the invoice's payer to its shares on the invoice date, so that what has no shares (an invoice
-- cancelled on a later day, which nobody paid or owes) stays with the payer that the invoice names, and no money is lost.
{{ config(indexes=[
    {'columns': ['revenue_key'], 'unique': True},
    {'columns': ['hospital_id', 'basis', 'split', 'revenue_date']},
]) }}

with days as (
    select * from {{ ref('int_revenue_days') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

shares as (
    select * from {{ ref('int_invoice_payer_shares') }}
),

payers as (
    select * from {{ ref('int_payers') }}
),

share_days as (
    select
        invoices.hospital_id,
        invoices.currency,
        invoices.invoice_date as revenue_date,
        invoices.payer_key as invoice_payer_key,
        shares.payer_key,
        sum(shares.amount) as revenue,
        count(*) as share_count,
        sum(shares.invoice_count) as invoice_count
    from shares
    inner join invoices on shares.invoice_key = invoices.invoice_key
    group by 1, 2, 3, 4, 5
),

share_moves as (
    select hospital_id, currency, revenue_date, payer_key, revenue, share_count as item_count
    from share_days
    union all
    select hospital_id, currency, revenue_date, invoice_payer_key, -revenue, -invoice_count
    from share_days
),

lines as (
    select
        hospital_id, currency, basis, 'invoice' as split, revenue_date, invoice_payer_key as payer_key, revenue,
        refunded_amount, item_count
    from days
    union all
    select hospital_id, currency, basis, 'payer' as split, revenue_date, payer_key, revenue, refunded_amount, item_count
    from days
    union all
    select hospital_id, currency, 'billed' as basis, 'payer' as split, revenue_date, payer_key, revenue, 0, item_count
    from share_moves
),

summed as (
    select
        hospital_id, currency, basis, split, revenue_date, payer_key,
        sum(revenue) as revenue,
        cast(sum(refunded_amount) as numeric(18, 3)) as refunded_amount,
        cast(sum(item_count) as bigint) as item_count
    from lines
    group by 1, 2, 3, 4, 5, 6
    having sum(revenue) <> 0 or sum(refunded_amount) <> 0 or sum(item_count) <> 0
),

final as (
    select
        {{ daybook_key([
            "'revenue_by_payer'", "summed.hospital_id", "summed.currency", "summed.basis", "summed.split", "summed.revenue_date",
            "coalesce(cast(summed.payer_key as " ~ dbt.type_string() ~ "), '')",
        ]) }} as revenue_key,
        summed.hospital_id,
        summed.currency,
        summed.basis,
        summed.split,
        summed.revenue_date,
        case when coalesce(payers.payer_class, 'patient') = 'patient' then 'self_pay' else 'insurance' end as payer_group,
        coalesce(payers.payer_class, 'patient') as payer_class,
        summed.payer_key,
        summed.revenue,
        summed.refunded_amount,
        summed.item_count
    from summed
    left join payers on summed.payer_key = payers.payer_key
)

select * from final
