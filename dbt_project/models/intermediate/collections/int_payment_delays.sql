-- Days from the date of an invoice to the money received on it, by month of the money: once for each payment, and
-- weighted by amount. Money before the invoice's day waited 0 days. What the source corrects takes its former self back.
with events as (
    select * from {{ ref('fct_receivable_events') }} where event_type = 'collected' and invoice_key is not null
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

invoices as (
    select * from {{ ref('int_invoices') }} where is_receivable
),

received as (
    select
        events.hospital_id,
        events.currency,
        cast({{ dbt.date_trunc('month', 'events.effective_date') }} as date) as month,
        greatest({{ days_between('invoices.invoice_date', 'events.effective_date') }}, 0) as days,
        -events.amount as amount,
        events.count_step
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    inner join invoices on events.invoice_key = invoices.invoice_key
    where events.effective_date <= hospitals.business_date
),

final as (
    select
        hospital_id,
        currency,
        month,
        sum(count_step) as payment_count,
        sum(count_step * days) as payment_days,
        sum(amount) as amount,
        sum(amount * days) as amount_days
    from received
    group by 1, 2, 3
)

select * from final
