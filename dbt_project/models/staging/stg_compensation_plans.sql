with compensation_plans as (
    select * from {{ current_rows(source('raw', 'compensation_plans')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    provider_id,
    valid_from,
    conversion_factor,
    minutes_per_unit,
    share_percent,
    modifiers
from compensation_plans
