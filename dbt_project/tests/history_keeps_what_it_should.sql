-- Every payment of a known patient is in the history if it is recent or its invoice has a balance; and no older one is
-- there of whose money nothing is open on the business date.
with payments as (
    select payments.*, hospitals.history_from, hospitals.business_date
    from {{ ref('fct_payments') }} as payments
    inner join {{ ref('dim_hospitals') }} as hospitals on payments.hospital_id = hospitals.hospital_id
    where payments.patient_id is not null and payments.payment_date <= hospitals.business_date
),

due as (
    select payments.payment_key
    from payments
    left join {{ ref('fct_invoices') }} as invoices on payments.invoice_key = invoices.invoice_key
    where
        payments.history_from is null
        or payments.payment_date >= payments.history_from
        or invoices.balance <> 0
),

old_and_settled as (
    select payments.payment_key
    from payments
    inner join {{ ref('fct_receivable_events') }} as events on payments.payment_key = events.payment_key
    left join {{ ref('fct_invoice_balances') }} as balances
        on
            events.item_key = balances.item_key
            and payments.business_date >= balances.valid_from
            and payments.business_date < balances.valid_to
    left join {{ ref('fct_invoices') }} as invoices on payments.invoice_key = invoices.invoice_key
    where payments.payment_date < payments.history_from
    group by payments.payment_key
    having count(balances.item_key) = 0 and max(abs(coalesce(invoices.balance, 0))) = 0
)

select due.payment_key, 'missing' as problem
from due
left join {{ ref('patient_payment_history') }} as history on due.payment_key = history.id
where history.id is null

union all

select history.id, 'kept too long' as problem
from {{ ref('patient_payment_history') }} as history
inner join old_and_settled on history.id = old_and_settled.payment_key
