-- Every month of a hospital and currency from its first event to the business date's, those without any event included.
-- A month is partial while days of it are still to come, as everywhere else.
with movements as (
    select * from {{ ref('int_monthly_movements') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

months as (
    select distinct
        month_start as month,
        cast({{ dbt.last_day('month_start', 'month') }} as date) as last_day
    from {{ ref('dim_dates') }}
),

first_months as (
    select hospital_id, currency, min(month) as first_month
    from movements
    group by hospital_id, currency
),

final as (
    select
        first_months.hospital_id,
        first_months.currency,
        months.month,
        least(months.last_day, hospitals.business_date) as as_of_date,
        months.last_day > hospitals.business_date as is_partial
    from first_months
    inner join hospitals on first_months.hospital_id = hospitals.hospital_id
    inner join months
        on first_months.first_month <= months.month and hospitals.business_date >= months.month
)

select * from final
