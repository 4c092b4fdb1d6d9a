-- Every day of the years in which something counts, up to the end of the year of the latest business date.
{%- set digits = range(10) %}

with digits as (
    {% for digit in digits %}
        select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {% endfor %}
),

bounds as (
    select
        min(effective_date) as first_date,
        max(effective_date) as last_date
    from {{ ref('fct_receivable_events') }}
    union all
    select
        min(business_date) as first_date,
        max(business_date) as last_date
    from {{ ref('int_hospitals') }}
    union all
    -- Charges ahead of the business date are in no report.
    select
        min(case_date) as first_date,
        cast(null as date) as last_date
    from {{ ref('fct_charges') }}
),

years as (
    select
        cast({{ dbt.date_trunc('year', 'min(first_date)') }} as date) as first_day,
        cast({{ dbt.date_trunc('year', 'max(last_date)') }} as date) as last_year
    from bounds
),

numbers as (
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * more.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as more
),

days as (
    select {{ add_days('years.first_day', 'numbers.number') }} as date_key
    from years
    cross join numbers
    where {{ dbt.date_trunc('year', add_days('years.first_day', 'numbers.number')) }} <= years.last_year
),

final as (
    select
        date_key,
        cast(extract(year from date_key) as integer) as year,
        cast(extract(quarter from date_key) as integer) as quarter,
        cast(extract(month from date_key) as integer) as month,
        cast(extract(week from date_key) as integer) as iso_week,
        -- The year of the week's Thursday: 1 January may be in the last week of the year before.
        cast(
            extract(year from {{ add_days("cast(" ~ dbt.date_trunc('week', 'date_key') ~ " as date)", 3) }}) as integer
        ) as iso_year,
        {{ iso_day_of_week('date_key') }} as day_of_week,
        cast({{ dbt.date_trunc('month', 'date_key') }} as date) as month_start,
        cast({{ dbt.date_trunc('quarter', 'date_key') }} as date) as quarter_start,
        cast({{ dbt.date_trunc('week', 'date_key') }} as date) as week_start
    from days
)

select * from final
