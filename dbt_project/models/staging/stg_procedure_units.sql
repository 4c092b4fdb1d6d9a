with procedure_units as (
    select * from {{ current_rows(source('raw', 'procedure_units'), per_hospital=false) }} as rows_of_source
)

select
    source_name,
    version_id,
    batch_id,
    known_from,
    cpt_code,
    base_units,
    valid_from,
    valid_to
from procedure_units
