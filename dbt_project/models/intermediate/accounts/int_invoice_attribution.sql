{{ config(materialized='view') }}

-- Department and provider of an invoice: its own ids; else its appointment's; else those of the patient's appointment
-- of that day, if it is the only one; else none. Rows meet by one key each: by several columns, planners may sort by the
-- first of them and compare every invoice of a hospital with all of its appointments.
with invoices as (
    select * from {{ ref('stg_invoices') }}
),

appointments as (
    select
        appointments.*,
        {{ daybook_key(["'appointment'", "source_name", "hospital_id", "appointment_id"]) }} as appointment_key,
        {{ daybook_key(["'visit'", "source_name", "hospital_id", "patient_id", "appointment_at"]) }} as visit_key
    from {{ ref('stg_appointments') }} as appointments
),

-- Days with several are kept and ignored.
visits as (
    select
        visit_key,
        case when count(*) = 1 then min(department_id) end as department_id,
        case when count(*) = 1 then min(provider_id) end as provider_id
    from appointments
    where took_place
    group by visit_key
),

found as (
    select
        invoices.invoice_key,
        invoices.source_name,
        invoices.hospital_id,
        coalesce(invoices.department_id, appointments.department_id, visits.department_id) as department_id,
        coalesce(invoices.provider_id, appointments.provider_id, visits.provider_id) as provider_id,
        case
            when coalesce(invoices.department_id, invoices.provider_id) is not null then 'invoice'
            when coalesce(appointments.department_id, appointments.provider_id) is not null then 'appointment'
            when coalesce(visits.department_id, visits.provider_id) is not null then 'same_day'
            else 'none'
        end as attribution
    from invoices
    left join appointments
        on
            {{ daybook_key(["'appointment'", "invoices.source_name", "invoices.hospital_id", "invoices.appointment_id"]) }}
            = appointments.appointment_key
    left join visits
        on
            {{ daybook_key([
                "'visit'", "invoices.source_name", "invoices.hospital_id", "invoices.patient_id", "invoices.invoice_date"
            ]) }} = visits.visit_key
),

departments as (
    select
        department_key,
        {{ daybook_key(["'department'", "source_name", "hospital_id", "department_id"]) }} as named_key
    from {{ ref('int_departments') }}
),

providers as (
    select
        provider_key,
        {{ daybook_key(["'provider'", "source_name", "hospital_id", "provider_id"]) }} as named_key
    from {{ ref('int_providers') }}
),

final as (
    select
        found.invoice_key,
        departments.department_key,
        providers.provider_key,
        found.attribution
    from found
    left join departments
        on
            {{ daybook_key(["'department'", "found.source_name", "found.hospital_id", "found.department_id"]) }}
            = departments.named_key
    left join providers
        on
            {{ daybook_key(["'provider'", "found.source_name", "found.hospital_id", "found.provider_id"]) }}
            = providers.named_key
)

select * from final
