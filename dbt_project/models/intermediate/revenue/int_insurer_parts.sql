{{ config(materialized='view') }}

-- What each insurer has of an invoice, by who paid or owes, before it is fitted to what was billed: its payments net of
-- refunds; and the invoice's own insurer also what the contract takes off, what was adjusted or written off before the
-- patient owed, and what is open while it owes. Only invoices that name an insurer, or that one has paid, have rows.
-- The ledger and the invoices are named where they are read: a step that is read twice would be written down in between.
with hospitals as (
    select * from {{ ref('int_hospitals') }}
),

paid as (
    select events.invoice_key, payments.payer_key, -sum(events.amount) as amount
    from {{ ref('fct_receivable_events') }} as events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    inner join {{ ref('int_payments') }} as payments on events.payment_key = payments.payment_key
    where
        events.event_type in ('collected', 'refunded')
        and events.invoice_key is not null
        and events.effective_date <= hospitals.business_date
        and payments.payer_class <> 'patient'
    group by events.invoice_key, payments.payer_key
),

lowered as (
    select
        insured.invoice_key,
        sum(case
            when events.event_type = 'adjusted' and events.adjustment_kind = 'contractual' then -events.amount
            when events.event_type = 'recovered' then 0
            when events.effective_date < coalesce(insured.patient_owes_from, {{ end_of_time() }}) then -events.amount
            else 0
        end) as of_insurer,
        sum(case
            when events.event_type = 'written_off' and events.effective_date >= insured.patient_owes_from then -events.amount
            else 0
        end) as written_off_of_patient,
        sum(case when events.event_type = 'recovered' then events.amount else 0 end) as recovered
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('int_invoices') }} as insured on events.invoice_key = insured.invoice_key
    where
        events.event_type in ('adjusted', 'written_off', 'recovered')
        and events.effective_date <= insured.business_date
        and insured.first_payer_class <> 'patient'
    group by insured.invoice_key
),

own as (
    select
        insured.invoice_key,
        insured.payer_key,
        coalesce(lowered.of_insurer, 0)
        -- What was recovered was not written off after all: first of the patient's write-offs, then of the insurer's.
        - greatest(coalesce(lowered.recovered, 0) - coalesce(lowered.written_off_of_patient, 0), 0)
        + case
            when coalesce(insured.patient_owes_from, {{ end_of_time() }}) > insured.business_date then greatest(totals.balance, 0)
            else 0
        end as amount
    from {{ ref('int_invoices') }} as insured
    inner join {{ ref('int_item_totals') }} as totals on insured.invoice_key = totals.item_key
    left join lowered on insured.invoice_key = lowered.invoice_key
    where insured.first_payer_class <> 'patient'
),

pieces as (
    select invoice_key, payer_key, amount, 0 as is_own from paid
    union all
    select invoice_key, payer_key, amount, 1 as is_own from own
),

final as (
    select
        invoice_key,
        payer_key,
        max(is_own) as is_own,
        cast(greatest(sum(amount), 0) as numeric(18, 3)) as amount
    from pieces
    group by invoice_key, payer_key
)

select * from final
