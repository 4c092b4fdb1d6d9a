with appointments as (
    select * from {{ current_rows(source('raw', 'appointments')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    appointment_id,
    patient_id,
    provider_id,
    department_id,
    appointment_at,
    status,
    lower(coalesce(status, '')) not in ('cancelled', 'canceled', 'no_show', 'no-show', 'noshow') as took_place
from appointments
