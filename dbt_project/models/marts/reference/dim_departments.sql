with departments as (
    select * from {{ ref('int_departments') }}
)

select
    department_key,
    hospital_id,
    source_name,
    department_id,
    code,
    name
from departments
