-- Tax adds up, for each hospital and currency, to the tax of the invoices that count, less what credit notes took back: read
-- off the invoices as they stand, not off the days.
with invoices as (
    select * from {{ ref('fct_invoices') }}
),

credit_notes as (
    select events.invoice_key, sum(events.amount) as amount
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('dim_hospitals') }} as hospitals on events.hospital_id = hospitals.hospital_id
    where
        events.adjustment_kind = 'credit_note'
        and events.event_type = 'adjusted'
        and events.effective_date <= hospitals.business_date
    group by events.invoice_key
),

figures as (
    select
        invoices.hospital_id,
        invoices.currency,
        case when invoices.billed = invoices.total then coalesce(invoices.tax, 0) else 0 end
        + case
            when invoices.is_receivable and invoices.total > 0
                then coalesce(invoices.tax, 0) * coalesce(credit_notes.amount, 0) / invoices.total
            else 0
        end as of_invoices,
        0 as in_mart,
        case when credit_notes.invoice_key is null then 0 else 1 end as notes
    from invoices
    left join credit_notes on invoices.invoice_key = credit_notes.invoice_key
    union all
    select hospital_id, currency, 0 as of_invoices, tax as in_mart, 0 as notes
    from {{ ref('rpt_tax_daily') }}
)

select
    hospital_id, currency,
    sum(of_invoices) as of_invoices,
    sum(in_mart) as in_mart
from figures
group by hospital_id, currency
-- To the last digit; each credit note may be rounded by half of one.
having abs(sum(of_invoices) - sum(in_mart)) > 0.001 * sum(notes)
