with closes as (
    select * from {{ source('ops', 'period_closes') }}
)

select
    close_id,
    hospital_id,
    month,
    cast({{ dbt.last_day('month', 'month') }} as date) as last_day,
    closed_at,
    closed_by,
    build_id,
    known_at
from closes
where hospital_id in (select business_dates.hospital_id from {{ ref('stg_business_dates') }} as business_dates)
