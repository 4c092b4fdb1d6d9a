-- Charges as they stand in raw, charge lines, cases, workload and case mix hold the same money and the same cases, for each
-- hospital and to the last digit; reports hold that of cases up to the business date.
with hospitals as (
    select * from {{ ref('dim_hospitals') }}
),

cases as (
    select
        cases.*,
        case when cases.case_date <= hospitals.business_date then 1 else 0 end as is_reported,
        case when cases.is_reversed then 0 else 1 end as case_count
    from {{ ref('fct_cases') }} as cases
    inner join hospitals on cases.hospital_id = hospitals.hospital_id
),

figures as (
    select hospital_id, 'lines billed' as figure, billed_amount as here, 0.000 as there from {{ ref('stg_charges') }}
    union all
    select hospital_id, 'lines billed', 0, billed from {{ ref('fct_charges') }}
    union all
    select hospital_id, 'lines paid', paid_amount, 0 from {{ ref('stg_charges') }}
    union all
    select hospital_id, 'lines paid', 0, paid from {{ ref('fct_charges') }}
    union all
    select hospital_id, 'lines', 1, 0 from {{ ref('fct_charges') }}
    union all
    select hospital_id, 'lines', 0, charge_count from {{ ref('fct_cases') }}
    union all
    select hospital_id, 'billed', billed, 0 from {{ ref('fct_charges') }}
    union all
    select hospital_id, 'billed', 0, billed from {{ ref('fct_cases') }}
    union all
    select hospital_id, 'paid', paid, 0 from {{ ref('fct_charges') }}
    union all
    select hospital_id, 'paid', 0, paid from {{ ref('fct_cases') }}
    union all
    select hospital_id, 'reported billed', billed * is_reported, 0 from cases
    union all
    select hospital_id, 'reported billed', 0, billed from {{ ref('rpt_workload') }}
    union all
    select hospital_id, 'reported paid', paid * is_reported, 0 from cases
    union all
    select hospital_id, 'reported paid', 0, paid from {{ ref('rpt_workload') }}
    union all
    select hospital_id, 'reported cases', case_count * is_reported, 0 from cases
    union all
    select hospital_id, 'reported cases', 0, case_count from {{ ref('rpt_workload') }}
    union all
    select hospital_id, 'reversed cases', (1 - case_count) * is_reported, 0 from cases
    union all
    select hospital_id, 'reversed cases', 0, reversed_case_count from {{ ref('rpt_workload') }}
    union all
    select hospital_id, 'reported minutes', minutes * is_reported, 0 from cases
    union all
    select hospital_id, 'reported minutes', 0, minutes from {{ ref('rpt_workload') }}
    union all
    select hospital_id, 'billed by procedure', billed * is_reported, 0 from cases
    union all
    select hospital_id, 'billed by procedure', 0, billed from {{ ref('rpt_case_mix') }}
    union all
    select hospital_id, 'cases by procedure', code_count * is_reported, 0 from cases
    union all
    select hospital_id, 'cases by procedure', 0, case_count from {{ ref('rpt_case_mix') }}
    union all
    select hospital_id, 'units by procedure', units * is_reported, 0 from cases
    union all
    select hospital_id, 'units by procedure', 0, units from {{ ref('rpt_case_mix') }}
)

select
    hospital_id,
    figure,
    sum(here) as here,
    sum(there) as there
from figures
group by hospital_id, figure
having coalesce(sum(here), 0) <> coalesce(sum(there), 0)
