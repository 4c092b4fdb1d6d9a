{{ config(materialized='view') }}

-- Events by the invoice that they belong to or once belonged to, booked when both were known. Money of an invoice that is
-- gone leaves it on the instant we learned so: a second row takes it back.
with events as (
    select
        coalesce(invoice_key, case when source_table = 'invoices' then item_key else former_item_key end) as invoice_key,
        hospital_id, currency, event_type, amount, effective_date, linked_at as booked_at, linked_on as booked_date,
        source_name,
        case when invoice_key is null then relinked_at end as left_at,
        case when invoice_key is null then relinked_on end as left_on
    from {{ ref('int_receivable_events') }}
    union all
    select
        coalesce(invoice_key, case when is_arrival then item_key else former_item_key end) as invoice_key,
        hospital_id, currency, event_type, amount, effective_date, linked_at as booked_at, linked_on as booked_date,
        source_name,
        case when invoice_key is null then relinked_at end as left_at,
        case when invoice_key is null then relinked_on end as left_on
    from {{ ref('int_allocation_moves') }}
),

final as (
    select
        invoice_key, hospital_id, currency, event_type, amount, effective_date, booked_at, booked_date, source_name
    from events
    where invoice_key is not null
    union all
    select
        invoice_key, hospital_id, currency, event_type, -amount as amount, effective_date,
        greatest(left_at, booked_at) as booked_at, greatest(left_on, booked_date) as booked_date, source_name
    from events
    where invoice_key is not null and left_at is not null
)

select * from final
