{{ config(indexes=[
    {'columns': ['payment_key'], 'unique': True},
    {'columns': ['invoice_key']},
    {'columns': ['hospital_id', 'patient_id']},
    {'columns': ['hospital_id', 'payment_date']},
]) }}

with payments as (
    select * from {{ ref('int_payments') }}
)

select
    payment_key,
    hospital_id,
    source_name,
    payment_id,
    invoice_key,
    invoice_id,
    patient_id,
    payment_date,
    amount,
    payment_status,
    method,
    payer_key,
    currency,
    refunded_amount,
    refunded_date,
    invoice_key is null as is_unmatched
from payments
