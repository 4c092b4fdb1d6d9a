-- A hospital that several sources deliver is described by its newest version, the one that gave its business date. One
-- that only invoices or payments name (its row is gone, or no source has a table of hospitals) has a business date too:
-- it goes by its id.
with hospitals as (
    select * from {{ ref('stg_hospitals') }}
),

business_dates as (
    select * from {{ ref('stg_business_dates') }}
),

ranked as (
    select
        hospitals.*,
        row_number() over (partition by hospital_id order by version_id desc) as newness
    from hospitals
),

described as (
    select * from ranked where newness = 1
),

final as (
    select
        coalesce(described.hospital_id, business_dates.hospital_id) as hospital_id,
        coalesce(described.name, business_dates.hospital_id) as name,
        coalesce(described.timezone, 'UTC') as timezone,
        coalesce(described.currency, 'USD') as currency,
        cast(coalesce(described.fiscal_year_start, 1) as integer) as fiscal_year_start,
        described.tax_rates,
        business_dates.business_date,
        business_dates.history_from
    from described
    full outer join business_dates on described.hospital_id = business_dates.hospital_id
)

select * from final
