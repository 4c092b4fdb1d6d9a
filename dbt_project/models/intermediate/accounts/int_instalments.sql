-- The lines in which an invoice with a payment schedule falls due, by their day. What the schedule leaves of the total
-- is a last line, due on the invoice's own day. `later_amount` is what falls due after a line: money fills the earliest
-- line first, so that much of a balance stays open before anything of this line does.
with schedules as (
    select * from {{ ref('stg_payment_schedules') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

lines as (
    select
        invoices.invoice_key,
        row_number() over (partition by invoices.invoice_key order by schedules.due_date) as instalment_no,
        schedules.due_date,
        schedules.amount,
        false as is_remainder
    from schedules
    inner join invoices on schedules.invoice_key = invoices.invoice_key
),

remainders as (
    select
        lines.invoice_key,
        count(*) + 1 as instalment_no,
        max(invoices.aging_date) as due_date,
        greatest(max(invoices.total) - sum(lines.amount), 0.000) as amount,
        true as is_remainder
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    group by lines.invoice_key
),

all_lines as (
    select * from lines
    union all
    select * from remainders
),

final as (
    select
        invoice_key,
        cast(instalment_no as integer) as instalment_no,
        due_date,
        amount,
        is_remainder,
        coalesce(sum(amount) over (
            partition by invoice_key order by due_date desc, instalment_no desc
            rows between unbounded preceding and 1 preceding
        ), 0.000) as later_amount,
        sum(amount) over (partition by invoice_key) as scheduled_amount
    from all_lines
)

select * from final
