-- The ledger as the sources tell it: every entry with its currency and the invoice it belongs to today. Money for an
-- invoice that we do not have stays money without an invoice, and relinks when it arrives. What it belonged to until
-- then, or until we learned that its invoice is gone, is kept beside it (former_item_key, former_from, relinked_on).
with entries as (
    select
        entries.*,
        coalesce(entries.payment_key, entries.row_key) as own_key
    from {{ ref('int_booked_entries') }} as entries
    where entries.source_table <> 'allocations'
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

links as (
    select * from {{ ref('int_invoice_links') }}
),

-- Money without an invoice of its own is in the currency of what it was allocated to.
allocated_money as (
    select * from {{ ref('int_allocated_money') }}
),

linked as (
    select
        entries.*,
        invoices.invoice_key as current_invoice_key,
        invoices.currency as invoice_currency,
        invoices.patient_id as invoice_patient_id,
        case
            when entries.source_table = 'invoices' then null
            when invoices.invoice_key is null then links.gone_at
            when links.first_known_at > entries.booked_at then links.first_known_at
        end as relinked_at,
        greatest(entries.booked_at, coalesce(links.first_known_at, entries.booked_at)) as linked_at
    from entries
    left join invoices on entries.invoice_key = invoices.invoice_key
    left join links on entries.invoice_key = links.invoice_key
),

final as (
    select
        {{ daybook_key([
            "'event'", "linked.source_table", "linked.slot", "linked.version_id", "linked.is_reversal"
        ]) }} as event_key,
        linked.hospital_id,
        coalesce(
            linked.currency, linked.invoice_currency, allocated_money.currency, linked.hospital_currency
        ) as currency,
        coalesce(linked.current_invoice_key, linked.own_key) as item_key,
        case
            when linked.relinked_at is null then null
            when linked.current_invoice_key is null then linked.invoice_key
            else linked.own_key
        end as former_item_key,
        case
            when linked.relinked_at is not null and linked.current_invoice_key is null and linked.linked_at > linked.booked_at
                then {{ local_date('linked.linked_at', 'linked.timezone') }}
        end as former_from,
        linked.linked_at,
        {{ local_date('linked.linked_at', 'linked.timezone') }} as linked_on,
        linked.relinked_at,
        {{ local_date('linked.relinked_at', 'linked.timezone') }} as relinked_on,
        linked.current_invoice_key as invoice_key,
        linked.invoice_id,
        coalesce(linked.invoice_patient_id, linked.patient_id) as patient_id,
        linked.payment_key,
        linked.money_key,
        linked.event_type,
        linked.adjustment_kind,
        linked.amount,
        linked.effective_date,
        linked.due_date,
        linked.booked_at,
        linked.booked_date,
        linked.is_reversal,
        linked.count_step,
        linked.source_name,
        linked.source_table,
        linked.version_id as source_version_id
    from linked
    left join allocated_money on linked.money_key = allocated_money.money_key
)

select * from final
