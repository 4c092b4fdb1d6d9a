with departments as (
    select * from {{ current_rows(source('raw', 'departments')) }} as rows_of_source
)

select
    {{ daybook_key(["'department'", "source_name", "hospital_id", "department_id"]) }} as department_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    department_id,
    code,
    name
from departments
