-- Payments and adjustments that are spread over invoices, in the currency of the first invoice that we have of them.
with allocations as (
    select * from {{ ref('stg_allocations') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

ranked as (
    select
        coalesce(allocations.payment_key, allocations.adjustment_key) as money_key,
        invoices.currency,
        row_number() over (
            partition by coalesce(allocations.payment_key, allocations.adjustment_key)
            order by allocations.allocated_date, allocations.allocation_id
        ) as allocation_rank
    from allocations
    inner join invoices on allocations.invoice_key = invoices.invoice_key
)

select money_key, currency
from ranked
where allocation_rank = 1 and money_key is not null
