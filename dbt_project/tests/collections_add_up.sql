-- The lag triangle ends where the daily figures and the invoices stand today, month by month; nothing applied exceeds
-- what is billed, no cell of a cohort is missing, and each is the one before it plus its own month.
with invoices as (
    select
        invoices.hospital_id,
        invoices.currency,
        cast({{ dbt.date_trunc('month', 'invoices.invoice_date') }} as date) as billed_month,
        invoices.billed,
        invoices.applied_amount,
        case when invoices.billed <> 0 then least(invoices.contractual, invoices.billed) else 0 end as contractual
    from {{ ref('fct_invoices') }} as invoices
    inner join {{ ref('dim_hospitals') }} as hospitals on invoices.hospital_id = hospitals.hospital_id
    where invoices.invoice_date <= hospitals.business_date
),

cells as (
    select
        lag.*,
        row_number() over (cohort order by lag.months_since desc) as from_last,
        row_number() over (cohort order by lag.months_since) as from_first,
        applied_to_date - applied - lag(applied_to_date, 1, 0.000) over (cohort order by lag.months_since) as jump
    from {{ ref('fct_collection_lag') }} as lag
    window cohort as (partition by hospital_id, currency, billed_month)
),

figures as (
    select hospital_id, currency, billed_month, 'invoices' as place, billed, applied_amount as applied, contractual
    from invoices
    union all
    select
        hospital_id, currency, cast({{ dbt.date_trunc('month', 'invoice_date') }} as date), 'daily', billed, applied, contractual
    from {{ ref('rpt_collections_daily') }}
    union all
    select hospital_id, currency, billed_month, 'triangle', billed, applied_to_date, 0 from cells where from_last = 1
),

months as (
    select
        hospital_id,
        currency,
        billed_month,
        sum(case place when 'invoices' then contractual when 'daily' then -contractual else 0 end) as contractual_difference,
        sum(case when place = 'invoices' then billed else 0 end) as billed,
        sum(case when place = 'daily' then billed else 0 end) as billed_daily,
        sum(case when place = 'triangle' then billed else 0 end) as billed_triangle,
        sum(case when place = 'invoices' then applied else 0 end) as applied,
        sum(case when place = 'daily' then applied else 0 end) as applied_daily,
        sum(case when place = 'triangle' then applied else 0 end) as applied_triangle
    from figures
    group by hospital_id, currency, billed_month
)

select hospital_id, currency, billed_month, 'sums differ' as finding
from months
where
    billed <> billed_daily
    or billed <> billed_triangle
    or applied <> applied_daily
    or applied <> applied_triangle
    or contractual_difference <> 0
union all
select hospital_id, currency, billed_month, 'a cell is missing, jumps or exceeds its bill'
from cells
where jump <> 0 or from_first <> months_since + 1 or applied_to_date < 0 or applied_to_date > billed
union all
select hospital_id, currency, billed_month, 'applied is not within the bill'
from invoices
where applied_amount < 0 or applied_amount > greatest(billed, 0)
