-- On every day there ever was, what enters and leaves the buckets adds up to what enters and leaves outstanding, for each
-- debtor, department and provider; and the figures by provider add up to those without.
with steps as (
    select * from {{ ref('int_aging_steps') }} where bucket <> 'credit'
),

buckets as (
    select
        hospital_id, currency, payer_class, department_key, provider_key, step_date,
        sum(case when bucket = 'outstanding' then amount else -amount end) as difference
    from steps
    group by 1, 2, 3, 4, 5, 6
),

ranked as (
    select
        hospital_id, currency, payer_class, bucket, amount, invoice_count,
        row_number() over (
            partition by hospital_id, currency, payer_class, bucket, department_key, provider_key order by as_of_date desc
        ) as newness
    from {{ ref('fct_receivables_aging_by_provider') }}
),

totals as (
    select
        hospital_id, currency, payer_class, bucket, amount, invoice_count,
        row_number() over (
            partition by hospital_id, currency, payer_class, bucket order by as_of_date desc
        ) as newness
    from {{ ref('fct_receivables_aging') }}
),

compared as (
    select hospital_id, currency, payer_class, bucket, amount, invoice_count from totals where newness = 1
    union all
    select hospital_id, currency, payer_class, bucket, -amount, -invoice_count from ranked where newness = 1
)

select hospital_id, currency, payer_class, 'buckets' as compared_with, sum(difference) as difference
from buckets
where difference <> 0
group by 1, 2, 3, 4
union all
select hospital_id, currency, payer_class, bucket, sum(amount)
from compared
group by 1, 2, 3, 4
having sum(amount) <> 0 or sum(invoice_count) <> 0
