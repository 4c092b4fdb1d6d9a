-- The buckets of a month's end are those that the aging of that day tells, and the running month's those of the business date.
with month_ends as (
    select * from {{ ref('rpt_aging_month_ends') }}
),

candidates as (
    select
        month_ends.aging_month_key,
        aging.amount,
        row_number() over (
            partition by month_ends.aging_month_key, aging.payer_class order by aging.as_of_date desc
        ) as newness
    from month_ends
    inner join {{ ref('fct_receivables_aging') }} as aging
        on
            month_ends.hospital_id = aging.hospital_id
            and month_ends.currency = aging.currency
            and month_ends.bucket = aging.bucket
            and month_ends.as_of_date >= aging.as_of_date
),

aging as (
    select aging_month_key, sum(amount) as amount
    from candidates
    where newness = 1
    group by aging_month_key
)

select month_ends.hospital_id, month_ends.currency, month_ends.month, month_ends.bucket
from month_ends
left join aging on month_ends.aging_month_key = aging.aging_month_key
where month_ends.amount <> coalesce(aging.amount, 0)
