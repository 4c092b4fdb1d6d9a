-- The periods of each grain add up to all revenue there is, on each basis; none is missing between the first and the last.
with metrics as (
    select
        hospital_id, currency,
        sum(total_revenue) as collected,
        sum(net_revenue) as net,
        sum(billed_amount) as billed
    from {{ ref('revenue_metrics') }}
    group by hospital_id, currency
),

grains as (
    select
        hospital_id, currency, basis, grain,
        sum(amount) as amount,
        count(*) as period_count,
        {{ dbt.datediff('min(period_start)', 'max(period_start)', 'month') }} as month_count
    from {{ ref('rpt_period_comparisons') }}
    group by hospital_id, currency, basis, grain
)

select
    metrics.hospital_id, metrics.currency, grains.basis, grains.grain, grains.amount
from metrics
left join grains on metrics.hospital_id = grains.hospital_id and metrics.currency = grains.currency
where
    grains.amount is null
    or grains.amount <> case grains.basis
        when 'collected' then metrics.collected when 'net' then metrics.net else metrics.billed
    end
    or grains.month_count <> (grains.period_count - 1) * case
        when grains.grain = 'month' then 1 when grains.grain in ('quarter', 'fiscal_quarter') then 3 else 12
    end
