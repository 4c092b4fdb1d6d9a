with providers as (
    select * from {{ ref('int_providers') }}
)

select
    provider_key,
    hospital_id,
    source_name,
    provider_id,
    department_key,
    name,
    specialization
from providers
