with hospitals as (
    select * from {{ ref('int_hospitals') }}
)

select
    hospital_id,
    name,
    timezone,
    currency,
    fiscal_year_start,
    tax_rates,
    business_date,
    history_from
from hospitals
