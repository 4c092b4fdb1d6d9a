-- On the business date the newest aging figure of each bucket and debtor, and of all buckets together, equals the open
-- invoices behind it, in money and in number: an invoice counts once, however many of its instalments are open.
with hospitals as (
    select * from {{ ref('dim_hospitals') }}
),

ranked as (
    select
        aging.*,
        row_number() over (
            partition by aging.hospital_id, aging.currency, aging.payer_class, aging.bucket order by aging.as_of_date desc
        ) as newness
    from {{ ref('fct_receivables_aging') }} as aging
    inner join hospitals on aging.hospital_id = hospitals.hospital_id
    where aging.as_of_date <= hospitals.business_date and aging.bucket <> 'credit'
),

aging as (
    select hospital_id, currency, payer_class, bucket, amount, invoice_count
    from ranked
    where newness = 1 and (amount <> 0 or invoice_count <> 0)
),

open_items as (
    select hospital_id, currency, payer_class, bucket, amount_due, coalesce(invoice_key, id) as item_key
    from {{ ref('outstanding_payments') }}
    union all
    select hospital_id, currency, payer_class, 'outstanding', amount_due, coalesce(invoice_key, id)
    from {{ ref('outstanding_payments') }}
),

open_invoices as (
    select
        hospital_id, currency, payer_class, bucket,
        sum(amount_due) as amount,
        count(distinct item_key) as invoice_count
    from open_items
    group by 1, 2, 3, 4
)

select
    coalesce(aging.hospital_id, open_invoices.hospital_id) as hospital_id,
    coalesce(aging.bucket, open_invoices.bucket) as bucket,
    aging.amount as aging_amount,
    open_invoices.amount as open_amount
from aging
full outer join open_invoices
    on
        aging.hospital_id = open_invoices.hospital_id
        and aging.currency = open_invoices.currency
        and aging.payer_class = open_invoices.payer_class
        and aging.bucket = open_invoices.bucket
where
    coalesce(aging.amount, 0) <> coalesce(open_invoices.amount, 0)
    or coalesce(aging.invoice_count, 0) <> coalesce(open_invoices.invoice_count, 0)
