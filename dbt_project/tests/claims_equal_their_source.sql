-- Every claim that a source delivers stands once in the fact, and once in the months, with its amounts.
with claims as (
    select claims.*, coalesce(claims.submitted_date, claims.adjudicated_date, invoices.invoice_date) as claim_date
    from {{ ref('stg_claims') }} as claims
    left join {{ ref('fct_invoices') }} as invoices on claims.invoice_key = invoices.invoice_key
),

figures as (
    select 'delivered' as place, hospital_id, claim_date, billed_amount, paid_amount, 1 as claim_count, 0 as denied_count
    from claims
    union all
    select
        'fact', hospital_id, claim_date, billed_amount, paid_amount, 1,
        case when is_denied and not is_resubmission then 1 else 0 end
    from {{ ref('fct_claims') }}
    union all
    select 'months', hospital_id, null, billed_amount, paid_amount, claim_count, denied_count
    from {{ ref('rpt_claims_monthly') }}
),

totals as (
    select
        figures.hospital_id,
        figures.place,
        sum(figures.claim_count) as claim_count,
        coalesce(sum(figures.billed_amount), 0) as billed_amount,
        coalesce(sum(figures.paid_amount), 0) as paid_amount,
        sum(figures.denied_count) as denied_count
    from figures
    inner join {{ ref('dim_hospitals') }} as hospitals on figures.hospital_id = hospitals.hospital_id
    where coalesce(figures.claim_date, hospitals.business_date) <= hospitals.business_date
    group by figures.hospital_id, figures.place
)

select hospital_id
from totals
group by hospital_id
having
    count(*) <> 3
    or max(claim_count) <> min(claim_count)
    or max(billed_amount) <> min(billed_amount)
    or max(paid_amount) <> min(paid_amount)
    -- What arrives says nothing about denials yet: its count is 0.
    or max(denied_count) <> max(case when place = 'fact' then denied_count end)
    or max(denied_count) <> max(case when place = 'months' then denied_count end)
