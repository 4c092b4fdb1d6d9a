with providers as (
    select * from {{ current_rows(source('raw', 'providers')) }} as rows_of_source
)

select
    {{ daybook_key(["'provider'", "source_name", "hospital_id", "provider_id"]) }} as provider_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    provider_id,
    department_id,
    name,
    specialization
from providers
