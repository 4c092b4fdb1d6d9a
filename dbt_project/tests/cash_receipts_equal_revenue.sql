-- By day, the methods add up to what was received and given back, in money and in number.
with figures as (
    select hospital_id, currency, receipt_date, received, refunded, net, payment_count
    from {{ ref('rpt_cash_receipts') }}
    union all
    select hospital_id, currency, date_key, -total_revenue, -refunded_amount, -net_revenue, -payment_count
    from {{ ref('revenue_metrics') }}
)

select hospital_id, currency, receipt_date
from figures
group by hospital_id, currency, receipt_date
having sum(received) <> 0 or sum(refunded) <> 0 or sum(net) <> 0 or sum(payment_count) <> 0
