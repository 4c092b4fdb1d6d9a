-- What was billed on an invoice, split by who paid or owes it; the shares add up to what was billed, to the last digit.
-- The insurers have theirs, the invoice's own first, at most what was billed; all the rest is the patient's. So what was
-- paid too much is taken off the patient's share first, then off the insurers'.
with invoices as (
    select * from {{ ref('int_invoices') }}
),

payers as (
    select * from {{ ref('int_payers') }}
),

parts as (
    select
        parts.invoice_key,
        parts.payer_key,
        parts.amount,
        totals.billed,
        sum(parts.amount) over (
            partition by parts.invoice_key
            order by parts.is_own desc, parts.payer_key asc rows between unbounded preceding and current row
        ) as amount_to_here
    from {{ ref('int_insurer_parts') }} as parts
    inner join {{ ref('int_item_totals') }} as totals on parts.invoice_key = totals.item_key
    where parts.amount > 0 and totals.billed > 0
),

insurers as (
    select
        parts.invoice_key,
        parts.payer_key,
        payers.payer_class,
        least(parts.amount_to_here, parts.billed) - least(parts.amount_to_here - parts.amount, parts.billed) as amount,
        case when parts.amount_to_here = parts.amount then 1 else 0 end as invoice_count
    from parts
    inner join payers on parts.payer_key = payers.payer_key
),

covered as (
    select invoice_key, sum(amount) as amount
    from insurers
    group by invoice_key
),

patients as (
    select
        invoices.invoice_key,
        -- The patient, unless the invoice itself names someone who pays for them.
        case when invoices.first_payer_class = 'patient' then invoices.payer_key end as payer_key,
        'patient' as payer_class,
        totals.billed - coalesce(covered.amount, 0) as amount,
        case when covered.invoice_key is null then 1 else 0 end as invoice_count
    from invoices
    inner join {{ ref('int_item_totals') }} as totals on invoices.invoice_key = totals.item_key
    left join covered on invoices.invoice_key = covered.invoice_key
),

final as (
    select
        invoice_key,
        payer_key,
        'insurance' as payer_group,
        payer_class,
        cast(amount as numeric(18, 3)) as amount,
        invoice_count
    from insurers
    where amount <> 0
    union all
    select
        invoice_key,
        payer_key,
        'self_pay' as payer_group,
        payer_class,
        cast(amount as numeric(18, 3)) as amount,
        invoice_count
    from patients
    where amount <> 0
)

select * from final
