-- Whom a mart of patients names is in the patient dimension.
with named as (
    select 'patient_payment_history' as mart, hospital_id, patient_id from {{ ref('patient_payment_history') }}
    union distinct
    select 'outstanding_payments' as mart, hospital_id, patient_id from {{ ref('outstanding_payments') }}
    union distinct
    select 'rpt_patient_accounts' as mart, hospital_id, patient_id from {{ ref('rpt_patient_accounts') }}
)

select named.mart, named.hospital_id, named.patient_id
from named
left join {{ ref('dim_patients') }} as patients
    on named.hospital_id = patients.hospital_id and named.patient_id = patients.patient_id
where named.patient_id is not null and patients.patient_id is null
