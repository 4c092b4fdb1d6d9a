-- Revenue of each period beside the period before and the same one of the year before. What a full period is compared with
-- is the sum of a former row; only running periods, a handful for each hospital, look at days of former ones.
{{ config(indexes=[
    {'columns': ['comparison_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'basis', 'grain', 'period_start'], 'unique': True},
]) }}

with metrics as (
    select * from {{ ref('revenue_metrics') }}
),

bases as (
    select 'collected' as basis
    union all
    select 'net' as basis
    union all
    select 'billed' as basis
),

days as (
    select
        metrics.hospital_id,
        metrics.currency,
        bases.basis,
        metrics.date_key,
        case bases.basis
            when 'collected' then metrics.total_revenue when 'net' then metrics.net_revenue else metrics.billed_amount
        end as amount
    from metrics
    cross join bases
),

first_days as (
    select hospital_id, currency, basis, min(date_key) as first_date
    from days
    group by hospital_id, currency, basis
),

-- What each period has: its days; for a running one, the days that it is compared with; and 0, so that empty ones are there.
-- Brought together by adding up, not by joining: every period is made of whole months, and nothing lies after the business date.
entries as (
    select
        days.hospital_id, days.currency, days.basis, grains.grain,
        {{ period_start('days.date_key', 'grains', 'hospitals.fiscal_year_start') }} as period_start,
        days.amount,
        0 as previous_amount,
        0 as year_before_amount
    from days
    inner join {{ ref('int_hospitals') }} as hospitals on days.hospital_id = hospitals.hospital_id
    cross join {{ period_grains() }} as grains
    union all
    select
        days.hospital_id, days.currency, days.basis, periods.grain, periods.period_start,
        0 as amount,
        case when days.date_key between periods.previous_from and periods.previous_to then days.amount else 0 end,
        case when days.date_key between periods.year_before_from and periods.year_before_to then days.amount else 0 end
    from days
    inner join {{ ref('int_revenue_periods') }} as periods on days.hospital_id = periods.hospital_id
    where periods.is_partial
),

placed as (
    select
        hospital_id, currency, basis, grain, period_start, amount, previous_amount, year_before_amount,
        {{ no_date() }} as period_end,
        {{ no_date() }} as counted_to,
        {{ no_date() }} as previous_from,
        {{ no_date() }} as previous_to,
        {{ no_date() }} as year_before_from,
        {{ no_date() }} as year_before_to
    from entries
    union all
    select
        periods.hospital_id, first_days.currency, first_days.basis, periods.grain, periods.period_start, 0, 0, 0,
        periods.period_end,
        periods.counted_to,
        periods.previous_from,
        periods.previous_to,
        periods.year_before_from,
        periods.year_before_to
    from {{ ref('int_revenue_periods') }} as periods
    inner join first_days on periods.hospital_id = first_days.hospital_id
    where periods.period_end >= first_days.first_date
),

summed as (
    select
        hospital_id, currency, basis, grain, period_start,
        sum(amount) as amount,
        sum(previous_amount) as running_previous_amount,
        sum(year_before_amount) as running_year_before_amount,
        max(period_end) as period_end,
        max(counted_to) as counted_to,
        max(previous_from) as previous_from,
        max(previous_to) as previous_to,
        max(year_before_from) as year_before_from,
        max(year_before_to) as year_before_to
    from placed
    group by hospital_id, currency, basis, grain, period_start
    having max(period_end) is not null
),

-- Periods follow each other without a gap, so the one before is the row before, the year before so many rows back.
compared as (
    select
        summed.*,
        counted_to < period_end as is_partial,
        case
            when counted_to < period_end then running_previous_amount else coalesce(lag(amount) over so_far, 0)
        end as previous_amount,
        case
            when counted_to < period_end then running_year_before_amount
            when grain = 'month' then coalesce(lag(amount, 12) over so_far, 0)
            when grain in ('quarter', 'fiscal_quarter') then coalesce(lag(amount, 4) over so_far, 0)
            else coalesce(lag(amount) over so_far, 0)
        end as year_before_amount
    from summed
    window so_far as (partition by hospital_id, currency, basis, grain order by period_start)
),

final as (
    select
        {{ daybook_key(["'comparison'", "hospital_id", "currency", "basis", "grain", "period_start"]) }} as comparison_key,
        hospital_id,
        currency,
        basis,
        grain,
        period_start,
        period_end,
        {{ days_between('period_start', 'counted_to') }} + 1 as days_counted,
        is_partial,
        cast(amount as numeric(18, 3)) as amount,
        previous_from,
        previous_to,
        cast(previous_amount as numeric(18, 3)) as previous_amount,
        cast(amount - previous_amount as numeric(18, 3)) as previous_change,
        {{ percent_of_change('amount', 'previous_amount') }} as previous_change_percent,
        previous_amount = 0 as is_previous_zero,
        year_before_from,
        year_before_to,
        cast(year_before_amount as numeric(18, 3)) as year_before_amount,
        cast(amount - year_before_amount as numeric(18, 3)) as year_before_change,
        {{ percent_of_change('amount', 'year_before_amount') }} as year_before_change_percent,
        year_before_amount = 0 as is_year_before_zero
    from compared
)

select * from final
