-- The marts add up to the ledger on the business date, for each hospital, currency and figure, to the last digit.
with events as (
    select events.*
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('dim_hospitals') }} as hospitals on events.hospital_id = hospitals.hospital_id
    where events.effective_date <= hospitals.business_date
),

items as (
    select hospital_id, currency, item_key, patient_id, sum(amount) as balance
    from events
    group by 1, 2, 3, 4
),

figures as (
    select hospital_id, currency, 'collected' as figure, -amount as in_ledger, 0 as in_mart
    from events where event_type = 'collected'
    union all
    select hospital_id, currency, 'refunded', amount, 0 from events where event_type = 'refunded'
    union all
    select hospital_id, currency, 'billed', amount, 0 from events where event_type = 'billed'
    union all
    select hospital_id, currency, 'daily collected', -amount, 0 from events where event_type = 'collected'
    union all
    select hospital_id, currency, 'daily refunded', amount, 0 from events where event_type = 'refunded'
    union all
    select hospital_id, currency, 'daily billed', amount, 0 from events where event_type = 'billed'
    union all
    select hospital_id, currency, 'outstanding', balance, 0 from items where balance > 0
    union all
    select hospital_id, currency, 'invoice balance', amount, 0 from events where invoice_key is not null
    union all
    select hospital_id, currency, 'accounts', balance, 0 from items where patient_id is not null
    union all
    select hospital_id, currency, 'collected', 0, total_revenue from {{ ref('revenue_metrics') }}
    union all
    select hospital_id, currency, 'refunded', 0, refunded_amount from {{ ref('revenue_metrics') }}
    union all
    select hospital_id, currency, 'billed', 0, billed_amount from {{ ref('revenue_metrics') }}
    union all
    select hospital_id, currency, 'daily ' || basis, 0, revenue from {{ ref('rpt_revenue_daily') }}
    union all
    select hospital_id, currency, 'daily refunded', 0, refunded_amount from {{ ref('rpt_revenue_daily') }}
    union all
    select hospital_id, currency, 'outstanding', 0, amount_due from {{ ref('outstanding_payments') }}
    union all
    select hospital_id, currency, 'invoice balance', 0, balance from {{ ref('fct_invoices') }}
    union all
    select hospital_id, currency, 'accounts', 0, open_balance - credit_balance from {{ ref('rpt_patient_accounts') }}
)

select
    hospital_id, currency, figure,
    sum(in_ledger) as in_ledger,
    sum(in_mart) as in_mart
from figures
group by 1, 2, 3
having sum(in_ledger) <> sum(in_mart)
