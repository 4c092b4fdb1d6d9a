-- The worklist holds every credit that the aging of the business date holds, in money and in number, and no other.
with ranked as (
    select
        aging.*,
        row_number() over (
            partition by aging.hospital_id, aging.currency, aging.payer_class order by aging.as_of_date desc
        ) as newness
    from {{ ref('fct_receivables_aging') }} as aging
    inner join {{ ref('dim_hospitals') }} as hospitals on aging.hospital_id = hospitals.hospital_id
    where aging.bucket = 'credit' and aging.as_of_date <= hospitals.business_date
),

figures as (
    select hospital_id, currency, amount, invoice_count as item_count from ranked where newness = 1
    union all
    select hospital_id, currency, -amount, -1 from {{ ref('rpt_credits') }}
)

select hospital_id, currency
from figures
group by hospital_id, currency
having sum(amount) <> 0 or sum(item_count) <> 0
