{{ config(indexes=[
    {'columns': ['patient_key'], 'unique': True},
    {'columns': ['hospital_id', 'patient_id']},
]) }}

with patients as (
    select * from {{ ref('int_patients') }}
)

select
    patient_key,
    hospital_id,
    patient_id,
    birth_year
from patients
