-- Within a hospital a patient id names one person, whichever source delivers it. Patients that only invoices, payments or
-- adjustments name are patients too.
with patients as (
    select hospital_id, patient_id, birth_year from {{ ref('stg_patients') }}
),

referred as (
    select hospital_id, patient_id from {{ ref('stg_invoices') }}
    union all
    select hospital_id, patient_id from {{ ref('stg_payments') }}
    union all
    select hospital_id, patient_id from {{ ref('stg_adjustments') }}
),

named as (
    select hospital_id, patient_id, birth_year from patients
    union all
    select hospital_id, patient_id, null as birth_year from referred where patient_id is not null
),

final as (
    select
        {{ daybook_key(["'patient'", "hospital_id", "patient_id"]) }} as patient_key,
        hospital_id,
        patient_id,
        max(birth_year) as birth_year
    from named
    group by hospital_id, patient_id
)

select * from final
