with patients as (
    select * from {{ current_rows(source('raw', 'patients')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    patient_id,
    birth_year
from patients
