with business_dates as (
    select * from {{ source('ops', 'business_dates') }}
)

select
    hospital_id,
    business_date,
    history_from
from business_dates
where
    build_id in (
        select builds.build_id from {{ source('ops', 'builds') }} as builds where builds.state = 'building'
    )
