-- The lag triangle: of what was billed in a month, how much was applied one, two, three months later. Every month up to
-- the business date has its cell, also those in which nothing came in. All cells of a cohort share what is billed today.
{{ config(indexes=[
    {'columns': ['lag_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'billed_month', 'months_since'], 'unique': True},
]) }}

with cohorts as (
    select
        hospital_id,
        currency,
        cast({{ dbt.date_trunc('month', 'invoice_date') }} as date) as billed_month,
        sum(billed) as billed
    from {{ ref('rpt_collections_daily') }}
    group by 1, 2, 3
),

applied as (
    select * from {{ ref('int_applied_months') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

months as (
    select
        month_start,
        max(date_key) as last_day
    from {{ ref('dim_dates') }}
    group by 1
),

cells as (
    select
        cohorts.hospital_id,
        cohorts.currency,
        cohorts.billed_month,
        cast({{ dbt.datediff('cohorts.billed_month', 'months.month_start', 'month') }} as integer) as months_since,
        least(months.last_day, hospitals.business_date) as as_of_date,
        months.last_day >= hospitals.business_date as is_partial,
        cohorts.billed,
        coalesce(applied.amount, 0.000) as applied,
        sum(coalesce(applied.amount, 0.000)) over (
            partition by cohorts.hospital_id, cohorts.currency, cohorts.billed_month
            order by months.month_start rows between unbounded preceding and current row
        ) as applied_to_date
    from cohorts
    inner join hospitals on cohorts.hospital_id = hospitals.hospital_id
    inner join months
        on cohorts.billed_month <= months.month_start and hospitals.business_date >= months.month_start
    left join applied
        on
            cohorts.hospital_id = applied.hospital_id
            and cohorts.currency = applied.currency
            and cohorts.billed_month = applied.billed_month
            and months.month_start = applied.applied_month
),

final as (
    select
        {{ daybook_key(["'lag'", "hospital_id", "currency", "billed_month", "months_since"]) }} as lag_key,
        hospital_id,
        currency,
        billed_month,
        months_since,
        as_of_date,
        billed,
        applied,
        applied_to_date,
        {{ percentage('applied_to_date', 'billed') }} as rate,
        is_partial
    from cells
)

select * from final
