-- Every month has every key figure, each of them is what its parts say, and the parts are those of the marts: open amounts
-- and credits of the business date, billed and applied, collected, claims.
with kpis as (
    select * from {{ ref('rpt_kpis') }}
),

hospitals as (
    select * from {{ ref('dim_hospitals') }}
),

balances as (
    select balances.*
    from {{ ref('fct_invoice_balances') }} as balances
    inner join hospitals on balances.hospital_id = hospitals.hospital_id
    where hospitals.business_date >= balances.valid_from and hospitals.business_date < balances.valid_to
),

months as (
    select
        hospital_id,
        currency,
        month,
        max(case when metric = 'days_in_ar' then numerator end) as receivables,
        max(case when metric = 'days_in_ar_net_of_credits' then numerator end) as net_receivables,
        max(case when metric = 'aged_ar_over_90' then denominator end) as aged_receivables,
        count(*) as figure_count,
        row_number() over (partition by hospital_id, currency order by month desc) as from_last
    from kpis
    group by hospital_id, currency, month
),

figures as (
    select hospital_id, currency, 'receivables' as figure, receivables as in_kpis, 0 as in_marts from months where from_last = 1
    union all
    select hospital_id, currency, 'net receivables', net_receivables, 0 from months where from_last = 1
    union all
    select hospital_id, currency, 'aged receivables', aged_receivables, 0 from months where from_last = 1
    union all
    select hospital_id, currency, 'receivables', 0, amount_due from {{ ref('outstanding_payments') }}
    union all
    select hospital_id, currency, 'aged receivables', 0, amount_due from {{ ref('outstanding_payments') }}
    union all
    select hospital_id, currency, 'net receivables', 0, balance from balances
    union all
    select hospital_id, currency, 'applied', numerator, 0 from kpis where metric = 'collection_rate'
    union all
    select hospital_id, currency, 'billed', denominator, 0 from kpis where metric = 'collection_rate'
    union all
    select hospital_id, currency, 'applied', 0, applied from {{ ref('rpt_collections_daily') }}
    union all
    select hospital_id, currency, 'billed', 0, billed from {{ ref('rpt_collections_daily') }}
    union all
    select hospital_id, currency, 'collected', denominator, 0 from kpis where metric = 'cost_to_collect'
    union all
    select hospital_id, currency, 'collected', 0, total_revenue from {{ ref('revenue_metrics') }}
),

sums as (
    select hospital_id, currency, figure
    from figures
    group by hospital_id, currency, figure
    having sum(in_kpis) <> sum(in_marts)
)

select hospital_id, currency, 'differs: ' || figure as finding
from sums
union all
select hospital_id, currency, 'a figure is missing'
from months
where figure_count <> 11
union all
select hospital_id, currency, 'is not what its parts say: ' || metric
from kpis
where
    denominator > 0
    and coalesce(value <> round(numerator * multiplier / denominator, 2), (value is null) <> (numerator is null))
