-- Periods of each hospital from its first activity to its business date, with the days each is fairly compared with: those
-- of the period before, and of the same period of the year before. A running period is compared with the former one up to
-- the same day of its month, at most the last (30 March with 28 February); one that ends with a month is compared with whole
-- months. Fiscal periods begin with the month that the hospital names.
with hospitals as (
    select * from {{ ref('int_hospitals') }}
),

months as (
    select distinct month_start from {{ ref('dim_dates') }}
),

activity as (
    select hospital_id, min(date_key) as first_date
    from {{ ref('revenue_metrics') }}
    group by hospital_id
),

starts as (
    select distinct
        hospitals.hospital_id,
        hospitals.business_date,
        grains.grain,
        grains.months,
        {{ period_start('months.month_start', 'grains', 'hospitals.fiscal_year_start') }} as period_start
    from hospitals
    inner join activity on hospitals.hospital_id = activity.hospital_id
    inner join months
        on
            cast({{ dbt.date_trunc('month', 'activity.first_date') }} as date) <= months.month_start
            and hospitals.business_date >= months.month_start
    cross join {{ period_grains() }} as grains
),

ends as (
    select
        starts.*,
        {{ add_days(add_months('period_start', 'months'), -1) }} as period_end
    from starts
),

counted as (
    select
        ends.*,
        least(period_end, business_date) as counted_to,
        period_end > business_date as is_partial,
        {{ add_days('least(period_end, business_date)', 1) }} as day_after
    from ends
),

final as (
    select
        hospital_id,
        grain,
        period_start,
        period_end,
        counted_to,
        is_partial,
        {{ add_months('period_start', '-months') }} as previous_from,
        case
            when day_after = cast({{ dbt.date_trunc('month', 'day_after') }} as date)
                then {{ add_days(add_months('day_after', '-months'), -1) }}
            else {{ add_months('counted_to', '-months') }}
        end as previous_to,
        {{ add_months('period_start', -12) }} as year_before_from,
        case
            when day_after = cast({{ dbt.date_trunc('month', 'day_after') }} as date)
                then {{ add_days(add_months('day_after', -12), -1) }}
            else {{ add_months('counted_to', -12) }}
        end as year_before_to
    from counted
)

select * from final
