-- Stretches of days over which a balance and its debtor stay the same: changes summed up per day, cut on the day from
-- which the patient owes, then added up over time. Days before the first change and after it is settled have no row. The
-- open balance of an invoice with a payment schedule is split into its instalments, each with its own due date.
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

instalments as (
    select
        stretches.*,
        coalesce(lines.instalment_no, 1) as instalment_no,
        lines.due_date as instalment_due_date,
        lines.invoice_key is not null as is_instalment,
        case
            when lines.invoice_key is null then stretches.balance
            else
                greatest(0, least(lines.amount, stretches.balance - lines.later_amount))
                -- More open than was ever scheduled (money given back) is due with the invoice itself.
                + case when lines.is_remainder then greatest(0, stretches.balance - lines.scheduled_amount) else 0 end
        end as open_balance
    from stretches
    left join {{ ref('int_instalments') }} as lines on stretches.item_key = lines.invoice_key and stretches.balance > 0
),

final as (
    select
        {{ daybook_key([
            "'balance'", "instalments.item_key", "instalments.currency", "coalesce(instalments.own_invoice_id, '')",
            "coalesce(instalments.own_patient_id, '')", "instalments.instalment_no", "instalments.valid_from"
        ]) }} as balance_key,
        coalesce(invoices.hospital_id, instalments.own_hospital_id) as hospital_id,
        instalments.currency,
        instalments.item_key,
        invoices.invoice_key,
        instalments.payment_key,
        coalesce(invoices.invoice_id, instalments.own_invoice_id) as invoice_id,
        coalesce(invoices.patient_id, instalments.own_patient_id) as patient_id,
        instalments.instalment_no,
        instalments.is_instalment,
        invoices.invoice_date,
        coalesce(instalments.instalment_due_date, invoices.due_date) as due_date,
        coalesce(instalments.instalment_due_date, invoices.aging_date, instalments.first_date) as aging_date,
        invoices.department_key,
        invoices.provider_key,
        case
            when invoices.patient_owes_from <= instalments.valid_from then 'patient'
            else coalesce(invoices.first_payer_class, payments.payer_class, 'patient')
        end as payer_class,
        instalments.open_balance as balance,
        instalments.valid_from,
        instalments.valid_to
    from instalments
    left join invoices on instalments.item_key = invoices.invoice_key
    left join payments on instalments.payment_key = payments.payment_key
    where instalments.open_balance <> 0
)

select * from final
