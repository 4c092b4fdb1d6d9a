-- Providers that are only referred to stand under their id, so that their money keeps its line.
with providers as (
    select * from {{ ref('stg_providers') }}
),

departments as (
    select * from {{ ref('int_departments') }}
),

referred as (
    select source_name, hospital_id, provider_id from {{ ref('stg_invoices') }}
    union distinct
    select source_name, hospital_id, provider_id from {{ ref('stg_appointments') }}
    union distinct
    select source_name, hospital_id, provider_id from {{ ref('stg_charges') }}
    union distinct
    select source_name, hospital_id, provider_id from {{ ref('stg_compensation_statements') }}
),

missing as (
    select referred.*
    from referred
    left join providers
        on
            referred.source_name = providers.source_name
            and referred.hospital_id = providers.hospital_id
            and referred.provider_id = providers.provider_id
    where referred.provider_id is not null and providers.provider_id is null
),

final as (
    select
        providers.provider_key,
        providers.hospital_id,
        providers.source_name,
        providers.provider_id,
        departments.department_key,
        providers.name,
        providers.specialization
    from providers
    left join departments
        on
            providers.source_name = departments.source_name
            and providers.hospital_id = departments.hospital_id
            and providers.department_id = departments.department_id
    union all
    select
        {{ daybook_key(["'provider'", "source_name", "hospital_id", "provider_id"]) }} as provider_key,
        hospital_id,
        source_name,
        provider_id,
        {{ null_key() }} as department_key,
        provider_id as name,
        cast(null as {{ dbt.type_string() }}) as specialization
    from missing
)

select * from final
