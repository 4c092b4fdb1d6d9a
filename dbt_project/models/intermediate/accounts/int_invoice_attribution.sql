{{ config(materialized='view') }}

-- Department and provider of an invoice: its own ids; else its appointment's; else those of the patient's appointment
-- of that day, if it is the only one; else none. Days with several are kept and ignored: filtered out by their count,
-- planners would take the rest for a handful and compare every invoice with all of them.
with invoices as (
    select * from {{ ref('stg_invoices') }}
),

appointments as (
    select * from {{ ref('stg_appointments') }}
),

appointments_of_day as (
    select
        source_name,
        hospital_id,
        patient_id,
        appointment_at,
        case when count(*) = 1 then min(department_id) end as department_id,
        case when count(*) = 1 then min(provider_id) end as provider_id
    from appointments
    where took_place
    group by source_name, hospital_id, patient_id, appointment_at
),

found as (
    select
        invoices.invoice_key,
        invoices.source_name,
        invoices.hospital_id,
        coalesce(invoices.department_id, appointments.department_id, same_day.department_id) as department_id,
        coalesce(invoices.provider_id, appointments.provider_id, same_day.provider_id) as provider_id,
        case
            when coalesce(invoices.department_id, invoices.provider_id) is not null then 'invoice'
            when coalesce(appointments.department_id, appointments.provider_id) is not null then 'appointment'
            when coalesce(same_day.department_id, same_day.provider_id) is not null then 'same_day'
            else 'none'
        end as attribution
    from invoices
    left join appointments
        on
            invoices.source_name = appointments.source_name
            and invoices.hospital_id = appointments.hospital_id
            and invoices.appointment_id = appointments.appointment_id
    left join appointments_of_day as same_day
        on
            invoices.source_name = same_day.source_name
            and invoices.hospital_id = same_day.hospital_id
            and invoices.patient_id = same_day.patient_id
            and invoices.invoice_date = same_day.appointment_at
),

final as (
    select
        found.invoice_key,
        departments.department_key,
        providers.provider_key,
        found.attribution
    from found
    left join {{ ref('int_departments') }} as departments
        on
            found.source_name = departments.source_name
            and found.hospital_id = departments.hospital_id
            and found.department_id = departments.department_id
    left join {{ ref('int_providers') }} as providers
        on
            found.source_name = providers.source_name
            and found.hospital_id = providers.hospital_id
            and found.provider_id = providers.provider_id
)

select * from final
