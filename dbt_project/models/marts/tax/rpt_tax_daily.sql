-- Tax by rate and day. An invoice's tax counts on its invoice date. A cancellation takes it back on its own date; a credit
-- note takes back as much of it, and of the amount it is on, as the note is of the total. The ledger says what counts when:
-- each of its entries stands for its part of the invoice, so a reversal takes back what it reverses.
{{ config(indexes=[
    {'columns': ['tax_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'tax_date']},
]) }}

with events as (
    select events.*
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('int_hospitals') }} as hospitals on events.hospital_id = hospitals.hospital_id
    where
        events.effective_date <= hospitals.business_date
        and (events.event_type = 'billed' or (events.event_type = 'adjusted' and events.adjustment_kind = 'credit_note'))
),

taxes as (
    select * from {{ ref('int_invoice_taxes') }}
),

entries as (
    select
        events.hospital_id,
        events.currency,
        events.effective_date as tax_date,
        taxes.rate_kind,
        taxes.tax_rate,
        case
            when taxes.total = 0 then taxes.taxable_amount * events.count_step
            when events.amount = taxes.total then taxes.taxable_amount
            else round(taxes.taxable_amount * events.amount / taxes.total, 3)
        end as taxable_amount,
        case
            when taxes.total = 0 then taxes.tax * events.count_step
            when events.amount = taxes.total then taxes.tax
            else round(taxes.tax * events.amount / taxes.total, 3)
        end as tax,
        events.count_step
    from events
    inner join taxes on events.invoice_key = taxes.invoice_key
    -- What was cancelled is taken back whole by the cancellation, and a draft has no tax to lower.
    where events.event_type = 'billed' or taxes.is_receivable
),

summed as (
    select
        hospital_id, currency, tax_date, rate_kind, tax_rate,
        sum(taxable_amount) as taxable_amount,
        sum(tax) as tax,
        cast(sum(count_step) as bigint) as invoice_count
    from entries
    group by 1, 2, 3, 4, 5
    having sum(taxable_amount) <> 0 or sum(tax) <> 0 or sum(count_step) <> 0
),

final as (
    select
        {{ daybook_key([
            "'tax'", "hospital_id", "currency", "tax_date", "rate_kind",
            "coalesce(cast(tax_rate as " ~ dbt.type_string() ~ "), '')",
        ]) }} as tax_key,
        hospital_id,
        currency,
        tax_date,
        rate_kind,
        tax_rate,
        taxable_amount,
        tax,
        invoice_count
    from summed
)

select * from final
