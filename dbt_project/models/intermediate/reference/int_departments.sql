-- Departments that are only referred to stand under their id, so that their money keeps its line.
with departments as (
    select * from {{ ref('stg_departments') }}
),

referred as (
    select source_name, hospital_id, department_id from {{ ref('stg_invoices') }}
    union distinct
    select source_name, hospital_id, department_id from {{ ref('stg_appointments') }}
    union distinct
    select source_name, hospital_id, department_id from {{ ref('stg_providers') }}
),

missing as (
    select referred.*
    from referred
    left join departments
        on
            referred.source_name = departments.source_name
            and referred.hospital_id = departments.hospital_id
            and referred.department_id = departments.department_id
    where referred.department_id is not null and departments.department_id is null
),

final as (
    select department_key, hospital_id, source_name, department_id, code, name
    from departments
    union all
    select
        {{ daybook_key(["'department'", "source_name", "hospital_id", "department_id"]) }} as department_key,
        hospital_id,
        source_name,
        department_id,
        cast(null as {{ dbt.type_string() }}) as code,
        department_id as name
    from missing
)

select * from final
