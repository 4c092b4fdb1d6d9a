-- Revenue of each period beside the period before and the same one of the year before. What a full period is compared with
-- is the sum of a former row; only running periods, a handful for each hospital, add up days of their own.
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

-- Nothing of revenue_metrics lies after the business date, and every period is made of whole months.
months as (
    select
        hospital_id, currency, basis,
        cast({{ dbt.date_trunc('month', 'date_key') }} as date) as month_start,
        sum(amount) as amount
    from days
    group by hospital_id, currency, basis, {{ dbt.date_trunc('month', 'date_key') }}
),

periods as (
    select periods.*, first_days.currency, first_days.basis
    from {{ ref('int_revenue_periods') }} as periods
    inner join first_days on periods.hospital_id = first_days.hospital_id and periods.period_end >= first_days.first_date
),

amounts as (
    select
        periods.hospital_id, periods.currency, periods.basis, periods.grain, periods.period_start,
        coalesce(sum(months.amount), 0) as amount
    from periods
    left join months
        on
            periods.hospital_id = months.hospital_id
            and periods.currency = months.currency
            and periods.basis = months.basis
            and months.month_start between periods.period_start and periods.period_end
    group by periods.hospital_id, periods.currency, periods.basis, periods.grain, periods.period_start
),

running as (
    select
        periods.hospital_id, periods.currency, periods.basis, periods.grain, periods.period_start,
        sum(case when days.date_key between periods.previous_from and periods.previous_to then days.amount end)
            as previous_amount,
        sum(case when days.date_key between periods.year_before_from and periods.year_before_to then days.amount end)
            as year_before_amount
    from periods
    inner join days
        on periods.hospital_id = days.hospital_id and periods.currency = days.currency and periods.basis = days.basis
    where periods.is_partial
    group by periods.hospital_id, periods.currency, periods.basis, periods.grain, periods.period_start
),

compared as (
    select
        periods.*,
        amounts.amount,
        coalesce(case when periods.is_partial then running.previous_amount else previous.amount end, 0) as previous_amount,
        coalesce(case when periods.is_partial then running.year_before_amount else year_before.amount end, 0)
            as year_before_amount
    from periods
    inner join amounts on {{ same_period('periods', 'amounts', 'period_start') }}
    left join amounts as previous on {{ same_period('periods', 'previous', 'previous_from') }}
    left join amounts as year_before on {{ same_period('periods', 'year_before', 'year_before_from') }}
    left join running on {{ same_period('periods', 'running', 'period_start') }}
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
