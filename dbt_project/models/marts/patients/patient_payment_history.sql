-- Every payment of a known patient up to the business date, pending and failed ones included. A payment that names
-- neither a patient nor an invoice of ours stays in fct_payments and in the unmatched credits.
{{ config(
    indexes=[
        {'columns': ['id'], 'unique': True},
        {'columns': ['hospital_id', 'patient_id', 'payment_date']},
    ],
    post_hook=[
        "{{ named_index('idx_patient_payment_patient', ['patient_id']) }}",
        "{{ named_index('idx_patient_payment_date', ['payment_date']) }}",
        "{{ named_index('idx_patient_payment_status', ['payment_status']) }}",
    ],
) }}

with payments as (
    select * from {{ ref('int_payments') }}
)

select
    payment_key as id,
    hospital_id,
    patient_id,
    payment_id,
    payment_date,
    amount,
    payment_status,
    method,
    invoice_id,
    currency,
    created_at
from payments
where patient_id is not null and payment_date <= business_date
