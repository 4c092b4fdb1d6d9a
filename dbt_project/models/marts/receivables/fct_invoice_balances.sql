-- Stretches of days over which a balance and its debtor stay the same: changes summed up per day, cut on the day from
-- which the patient owes, then added up over time. Days before the first change and after it is settled have no row.
{{ config(indexes=[
    {'columns': ['balance_key'], 'unique': True},
    {'columns': ['invoice_key']},
    {'columns': ['hospital_id', 'valid_from']},
    {'columns': ['hospital_id', 'valid_to']},
    {'columns': ['hospital_id', 'patient_id']},
]) }}

with events as (
    select * from {{ ref('fct_receivable_events') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

payments as (
    select * from {{ ref('int_payments') }}
),

changes as (
    -- An item is an invoice, or money without one, which stays apart by what it names.
    select
        item_key, currency,
        case when invoice_key is null then hospital_id end as own_hospital_id,
        case when invoice_key is null then payment_key end as payment_key,
        case when invoice_key is null then invoice_id end as own_invoice_id,
        case when invoice_key is null then patient_id end as own_patient_id,
        effective_date as valid_from,
        amount as change,
        0 as is_cut
    from events
    union all
    select invoice_key as item_key, currency, null, {{ null_key() }}, null, null, patient_owes_from, 0 as change, 1 as is_cut
    from {{ ref('int_invoices') }}
    where patient_owes_from is not null
),

days as (
    select
        item_key, currency, own_hospital_id, payment_key, own_invoice_id, own_patient_id, valid_from, sum(change) as change
    from changes
    group by 1, 2, 3, 4, 5, 6, 7
    having sum(change) <> 0 or max(is_cut) = 1
),

stretches as (
    select
        days.*,
        sum(change) over (item rows between unbounded preceding and current row) as balance,
        lead(valid_from, 1, {{ end_of_time() }}) over item as valid_to,
        first_value(valid_from) over item as first_date
    from days
    window item as (
        partition by item_key, currency, own_hospital_id, payment_key, own_invoice_id, own_patient_id order by valid_from
    )
),

final as (
    select
        {{ daybook_key([
            "'balance'", "stretches.item_key", "stretches.currency", "coalesce(stretches.own_invoice_id, '')",
            "coalesce(stretches.own_patient_id, '')", "stretches.valid_from"
        ]) }} as balance_key,
        coalesce(invoices.hospital_id, stretches.own_hospital_id) as hospital_id,
        stretches.currency,
        stretches.item_key,
        invoices.invoice_key,
        stretches.payment_key,
        coalesce(invoices.invoice_id, stretches.own_invoice_id) as invoice_id,
        coalesce(invoices.patient_id, stretches.own_patient_id) as patient_id,
        invoices.invoice_date,
        invoices.due_date,
        coalesce(invoices.aging_date, stretches.first_date) as aging_date,
        case
            when invoices.patient_owes_from <= stretches.valid_from then 'patient'
            else coalesce(invoices.first_payer_class, payments.payer_class, 'patient')
        end as payer_class,
        stretches.balance,
        stretches.valid_from,
        stretches.valid_to
    from stretches
    left join invoices on stretches.item_key = invoices.invoice_key
    left join payments on stretches.payment_key = payments.payment_key
    where stretches.balance <> 0
)

select * from final
