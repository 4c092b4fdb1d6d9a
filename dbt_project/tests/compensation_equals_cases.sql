-- Every case that stands has a line of pay; the months hold what the cases and the statements hold, for each hospital.
with hospitals as (
    select * from {{ ref('dim_hospitals') }}
),

pay as (
    select pay.*
    from {{ ref('fct_case_compensation') }} as pay
    inner join hospitals on pay.hospital_id = hospitals.hospital_id
    where pay.case_date <= hospitals.business_date
),

statements as (
    select statements.*
    from {{ ref('stg_compensation_statements') }} as statements
    inner join hospitals on statements.hospital_id = hospitals.hospital_id
    where statements.month <= hospitals.business_date
),

months as (
    select * from {{ ref('rpt_compensation_monthly') }}
),

figures as (
    select hospital_id, 'cases with pay' as figure, 1.000 as here, 0.000 as there
    from {{ ref('fct_cases') }} where not is_reversed
    union all
    select hospital_id, 'cases with pay', 0, 1 from {{ ref('fct_case_compensation') }}
    union all
    select hospital_id, 'calculated', amount, 0 from pay
    union all
    select hospital_id, 'calculated', 0, calculated from months
    union all
    select hospital_id, 'cases', 1, 0 from pay
    union all
    select hospital_id, 'cases', 0, case_count from months
    union all
    select hospital_id, 'not calculated', 1, 0 from pay where amount is null
    union all
    select hospital_id, 'not calculated', 0, uncalculated_case_count from months
    union all
    select hospital_id, 'gross pay', gross_pay, 0 from statements
    union all
    select hospital_id, 'gross pay', 0, gross_pay from months
    union all
    select hospital_id, 'net pay', gross_pay - coalesce(deductions, 0), 0 from statements
    union all
    select hospital_id, 'net pay', 0, net_pay from months
    union all
    select hospital_id, 'difference', gross_pay - calculated, 0 from months
    union all
    select hospital_id, 'difference', 0, difference from months
)

select
    hospital_id,
    figure,
    sum(here) as here,
    sum(there) as there
from figures
group by hospital_id, figure
having coalesce(sum(here), 0) <> coalesce(sum(there), 0)
