-- Money to apply or to give back: every credit that is open on the business date. It is as old as the day on which its
-- balance last fell below zero, whoever the debtor was since.
{{ config(indexes=[
    {'columns': ['credit_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'since_date']},
    {'columns': ['hospital_id', 'patient_id']},
]) }}

with balances as (
    select * from {{ ref('fct_invoice_balances') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

payments as (
    select * from {{ ref('int_payments') }}
),

open_credits as (
    select balances.*, hospitals.business_date
    from balances
    inner join hospitals on balances.hospital_id = hospitals.hospital_id
    where
        balances.balance < 0
        and balances.valid_from <= hospitals.business_date
        and balances.valid_to > hospitals.business_date
),

-- Stretches of the same credit, each with the end of the one before: a gap, or money owed, begins a new credit.
stretches as (
    select
        open_credits.balance_key,
        balances.valid_from,
        lag(balances.valid_to) over (
            partition by open_credits.balance_key order by balances.valid_from
        ) as former_valid_to
    from open_credits
    inner join balances
        on
            open_credits.item_key = balances.item_key
            and open_credits.currency = balances.currency
            and coalesce(open_credits.invoice_id, '') = coalesce(balances.invoice_id, '')
            and coalesce(open_credits.patient_id, '') = coalesce(balances.patient_id, '')
    where balances.balance < 0 and balances.valid_from <= open_credits.valid_from
),

beginnings as (
    select balance_key, max(valid_from) as since_date
    from stretches
    where former_valid_to is null or former_valid_to < valid_from
    group by balance_key
),

aged as (
    select
        open_credits.*,
        beginnings.since_date,
        {{ days_between('beginnings.since_date', 'open_credits.business_date') }} as age_days
    from open_credits
    inner join beginnings on open_credits.balance_key = beginnings.balance_key
),

final as (
    select
        {{ daybook_key([
            "'credit'", "aged.item_key", "aged.currency", "coalesce(aged.invoice_id, '')", "coalesce(aged.patient_id, '')"
        ]) }} as credit_key,
        aged.hospital_id,
        aged.currency,
        aged.invoice_key,
        aged.payment_key,
        aged.patient_id,
        aged.invoice_id,
        payments.payment_id,
        case
            when aged.invoice_key is null and aged.invoice_id is null then 'unapplied'
            when aged.invoice_key is null then 'unmatched'
            when invoices.status = 'draft' or invoices.invoice_date > aged.business_date then 'prepaid'
            when not invoices.is_receivable then 'cancelled'
            else 'overpaid'
        end as kind,
        -aged.balance as amount,
        aged.since_date,
        aged.age_days,
        {{ credit_bucket('aged.age_days') }} as bucket
    from aged
    left join invoices on aged.invoice_key = invoices.invoice_key
    left join payments on aged.payment_key = payments.payment_key
)

select * from final
