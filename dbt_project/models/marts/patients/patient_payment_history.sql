-- Payments of a known patient up to the business date, pending and failed ones included. A payment that names neither a
-- patient nor an invoice of ours stays in fct_payments and in the unmatched credits. Settled payments from before the
-- days of history are left out; what is still open (a debt or a credit) keeps its payments whatever their age.
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
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

open_items as (
    select item_key from {{ ref('int_item_totals') }} where balance <> 0
),

-- Payments that name what is open, counted or not, and payments whose money is on it.
of_open_items as (
    select payments.payment_key
    from payments
    inner join open_items on payments.invoice_key = open_items.item_key

    union distinct

    select events.payment_key
    from {{ ref('fct_receivable_events') }} as events
    inner join open_items on events.item_key = open_items.item_key
    where events.payment_key is not null
),

final as (
    select
        payments.payment_key as id,
        payments.hospital_id,
        payments.patient_id,
        payments.payment_id,
        payments.payment_date,
        payments.amount,
        payments.payment_status,
        payments.method,
        payments.invoice_id,
        payments.currency,
        payments.created_at
    from payments
    inner join hospitals on payments.hospital_id = hospitals.hospital_id
    left join of_open_items on payments.payment_key = of_open_items.payment_key
    where
        payments.patient_id is not null
        and payments.payment_date <= payments.business_date
        and (
            hospitals.history_from is null
            or payments.payment_date >= hospitals.history_from
            or of_open_items.payment_key is not null
        )
)

select * from final
