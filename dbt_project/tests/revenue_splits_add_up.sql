-- However revenue is split, it stays the same money: by payer, on every day, basis and split, it is that of revenue_metrics;
-- the shares inside each invoice are what was billed on it, and none is below 0.
with metrics as (
    select hospital_id, currency, date_key, 'collected' as basis, total_revenue as revenue, refunded_amount
    from {{ ref('revenue_metrics') }}
    union all
    select hospital_id, currency, date_key, 'billed' as basis, billed_amount, 0
    from {{ ref('revenue_metrics') }}
),

both_ways as (
    select hospital_id, currency, revenue_date, basis, split, revenue, refunded_amount
    from {{ ref('rpt_revenue_by_payer') }}
    union all
    select hospital_id, currency, date_key, basis, 'payer' as split, -revenue, -refunded_amount from metrics
    union all
    select hospital_id, currency, date_key, basis, 'invoice' as split, -revenue, -refunded_amount from metrics
),

shares as (
    select invoice_key, sum(amount) as amount, min(amount) as smallest
    from {{ ref('int_invoice_payer_shares') }}
    group by invoice_key
)

select
    'day' as what,
    hospital_id || ' ' || currency || ' ' || basis || ' ' || split as named,
    sum(revenue) as difference
from both_ways
group by hospital_id, currency, revenue_date, basis, split
having sum(revenue) <> 0 or sum(refunded_amount) <> 0
union all
select
    'invoice' as what,
    cast(invoices.invoice_key as {{ dbt.type_string() }}) as named,
    coalesce(shares.amount, 0) - invoices.billed as difference
from {{ ref('fct_invoices') }} as invoices
left join shares on invoices.invoice_key = shares.invoice_key
where coalesce(shares.amount, 0) <> invoices.billed or shares.smallest <= 0
