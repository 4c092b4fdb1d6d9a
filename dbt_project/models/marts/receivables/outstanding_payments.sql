-- Every open invoice on the business date of its hospital, by instalment where it has a payment schedule. A debt
-- without an invoice (a refund of more than was paid, an adjustment upwards) is one too, under the id of what it stands on.
{{ config(
    indexes=[
        {'columns': ['id'], 'unique': True},
        {'columns': ['hospital_id', 'invoice_id']},
        {'columns': ['hospital_id', 'patient_id']},
        {'columns': ['hospital_id', 'days_overdue']},
        {'columns': ['hospital_id', 'amount_due_minor']},
    ],
    post_hook=[
        "{{ named_index('idx_outstanding_patient', ['patient_id']) }}",
        "{{ named_index('idx_outstanding_days', ['days_overdue']) }}",
        "{{ named_index('idx_outstanding_status', ['payment_status']) }}",
    ],
) }}

with balances as (
    select * from {{ ref('fct_invoice_balances') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

invoices as (
    select * from {{ ref('fct_invoices') }}
),

payments as (
    select * from {{ ref('int_payments') }}
),

totals as (
    select * from {{ ref('int_item_totals') }}
),

buckets as (
    select * from {{ ref('dim_aging_buckets') }}
),

open_items as (
    select
        balances.*,
        greatest({{ days_between('balances.aging_date', 'hospitals.business_date') }}, 0) as days_overdue
    from balances
    inner join hospitals on balances.hospital_id = hospitals.hospital_id
    where
        balances.balance > 0
        and balances.valid_from <= hospitals.business_date
        and balances.valid_to > hospitals.business_date
),

final as (
    select
        {{ daybook_key([
            "'outstanding'", "open_items.item_key", "open_items.currency", "coalesce(open_items.invoice_id, '')",
            "coalesce(open_items.patient_id, '')", "open_items.instalment_no"
        ]) }} as id,
        open_items.hospital_id,
        coalesce(open_items.patient_id, 'unknown') as patient_id,
        coalesce(open_items.invoice_id, payments.payment_id, 'none') as invoice_id,
        invoices.invoice_key,
        open_items.instalment_no,
        open_items.invoice_date,
        open_items.due_date,
        open_items.aging_date,
        open_items.balance as amount_due,
        cast(open_items.balance * 1000 as bigint) as amount_due_minor,
        open_items.days_overdue,
        buckets.bucket,
        invoices.last_payment_date,
        case
            when open_items.days_overdue = 0 then 'not_due'
            when open_items.days_overdue > 90 or invoices.status = 'in_collection' then 'collection'
            else 'overdue'
        end as payment_status,
        open_items.payer_class,
        coalesce(invoices.is_disputed, false) as is_disputed,
        coalesce(invoices.is_unbilled, false) as is_unbilled,
        open_items.currency,
        totals.first_booked_at as created_at,
        totals.last_booked_at as updated_at
    from open_items
    inner join buckets
        on
            open_items.days_overdue >= coalesce(buckets.from_days, 0)
            and open_items.days_overdue <= coalesce(buckets.to_days, open_items.days_overdue)
    inner join totals on open_items.item_key = totals.item_key
    left join invoices on open_items.invoice_key = invoices.invoice_key
    left join payments on open_items.payment_key = payments.payment_key
)

select * from final
