-- One account for each patient and currency; a patient without any money has one in the hospital's currency.
{{ config(indexes=[
    {'columns': ['account_key'], 'unique': True},
    {'columns': ['hospital_id', 'patient_id']},
]) }}

with patients as (
    select * from {{ ref('int_patients') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

money as (
    select
        hospital_id, patient_id, currency,
        0 as open_balance, 0 as credit_balance, 1 as invoice_count, cast(null as date) as payment_date
    from invoices
    where is_receivable and invoice_date <= business_date
    union all
    select
        balances.hospital_id, balances.patient_id, balances.currency,
        greatest(balances.balance, 0), greatest(-balances.balance, 0), 0, cast(null as date)
    from {{ ref('fct_invoice_balances') }} as balances
    inner join hospitals on balances.hospital_id = hospitals.hospital_id
    where balances.valid_from <= hospitals.business_date and balances.valid_to > hospitals.business_date
    union all
    select hospital_id, patient_id, currency, 0, 0, 0, payment_date
    from {{ ref('int_payments') }}
    where is_collected and payment_date <= business_date
),

sums as (
    select
        hospital_id,
        patient_id,
        currency,
        sum(open_balance) as open_balance,
        sum(credit_balance) as credit_balance,
        sum(invoice_count) as invoice_count,
        max(payment_date) as last_payment_date
    from money
    where patient_id is not null
    group by hospital_id, patient_id, currency
),

visits as (
    select
        appointments.hospital_id,
        appointments.patient_id,
        max(appointments.appointment_at) as last_visit_date
    from {{ ref('stg_appointments') }} as appointments
    inner join hospitals on appointments.hospital_id = hospitals.hospital_id
    where appointments.took_place and appointments.appointment_at <= hospitals.business_date
    group by appointments.hospital_id, appointments.patient_id
),

final as (
    select
        {{ daybook_key([
            "'account'", "patients.hospital_id", "patients.patient_id", "coalesce(sums.currency, hospitals.currency)"
        ]) }} as account_key,
        patients.hospital_id,
        patients.patient_id,
        coalesce(sums.currency, hospitals.currency) as currency,
        patients.birth_year,
        visits.last_visit_date,
        sums.last_payment_date,
        coalesce(sums.open_balance, 0) as open_balance,
        coalesce(sums.credit_balance, 0) as credit_balance,
        cast(coalesce(sums.invoice_count, 0) as bigint) as invoice_count
    from patients
    inner join hospitals on patients.hospital_id = hospitals.hospital_id
    left join sums on patients.hospital_id = sums.hospital_id and patients.patient_id = sums.patient_id
    left join visits on patients.hospital_id = visits.hospital_id and patients.patient_id = visits.patient_id
)

select * from final
