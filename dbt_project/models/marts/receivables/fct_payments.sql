{{ config(indexes=[
    {'columns': ['payment_key'], 'unique': True},
    {'columns': ['invoice_key']},
    {'columns': ['hospital_id', 'patient_id']},
    {'columns': ['hospital_id', 'payment_date']},
]) }}

with payments as (
    select * from {{ ref('int_payments') }}
),

-- What of a payment was moved to invoices by the business date, and stays there.
allocated as (
    select
        moves.payment_key,
        sum(-moves.amount) as allocated_amount
    from {{ ref('int_allocation_moves') }} as moves
    inner join payments on moves.payment_key = payments.payment_key
    where
        moves.is_arrival
        and moves.effective_date <= payments.business_date
        and moves.item_key <> coalesce(payments.invoice_key, payments.payment_key)
    group by moves.payment_key
),

final as (
    select
        payments.payment_key,
        payments.hospital_id,
        payments.source_name,
        payments.payment_id,
        payments.invoice_key,
        payments.invoice_id,
        payments.patient_id,
        payments.payment_date,
        payments.amount,
        payments.payment_status,
        payments.method,
        payments.payer_key,
        payments.currency,
        payments.refunded_amount,
        payments.refunded_date,
        coalesce(allocated.allocated_amount, 0) as allocated_amount,
        payments.invoice_key is null and coalesce(allocated.allocated_amount, 0) = 0 as is_unmatched
    from payments
    left join allocated on payments.payment_key = allocated.payment_key
)

select * from final
