-- The payment as it stands today, linked to the invoice that it names if we have it.
with payments as (
    select * from {{ ref('stg_payments') }}
),

refunds as (
    select
        payment_key,
        sum(amount) as refunded_amount,
        max(refund_date) as refunded_date
    from {{ ref('stg_refunds') }}
    group by payment_key
),

final as (
    select
        payments.payment_key,
        payments.hospital_id,
        payments.source_name,
        payments.payment_id,
        invoices.invoice_key,
        payments.invoice_id,
        coalesce(payments.patient_id, invoices.patient_id) as patient_id,
        payments.payment_date,
        payments.amount,
        payments.status as payment_status,
        payments.is_collected,
        payments.method,
        payers.payer_key,
        coalesce(payers.payer_class, 'patient') as payer_class,
        coalesce(invoices.currency, allocated_money.currency, hospitals.currency) as currency,
        case
            when refunds.payment_key is not null then refunds.refunded_amount
            when payments.status = 'refunded' and payments.refunded_date is not null then payments.amount
            else 0
        end as refunded_amount,
        case
            when refunds.payment_key is not null then refunds.refunded_date
            when payments.status = 'refunded' then payments.refunded_date
        end as refunded_date,
        refunds.payment_key is not null as has_refund_rows,
        coalesce(payments.created_at, payments.known_from) as created_at,
        hospitals.business_date
    from payments
    inner join {{ ref('int_hospitals') }} as hospitals on payments.hospital_id = hospitals.hospital_id
    left join {{ ref('int_invoices') }} as invoices on payments.invoice_key = invoices.invoice_key
    left join {{ ref('int_allocated_money') }} as allocated_money on payments.payment_key = allocated_money.money_key
    left join {{ ref('int_payers') }} as payers
        on payments.source_name = payers.source_name and payments.payer_id = payers.payer_id
    left join refunds on payments.payment_key = refunds.payment_key
)

select * from final
