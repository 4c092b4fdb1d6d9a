-- Figures of today hold nothing dated after the hospital's business date.
with dated as (
    select 'revenue_metrics' as model, hospital_id, date_key as dated_on from {{ ref('revenue_metrics') }}
    union all
    select 'rpt_revenue_daily' as model, hospital_id, revenue_date from {{ ref('rpt_revenue_daily') }}
    union all
    select 'rpt_revenue_by_payer' as model, hospital_id, revenue_date from {{ ref('rpt_revenue_by_payer') }}
    union all
    select 'rpt_tax_daily' as model, hospital_id, tax_date from {{ ref('rpt_tax_daily') }}
    union all
    select 'patient_payment_history' as model, hospital_id, payment_date from {{ ref('patient_payment_history') }}
    union all
    select 'rpt_workload' as model, hospital_id, case_date from {{ ref('rpt_workload') }}
    union all
    select 'rpt_case_mix' as model, hospital_id, month from {{ ref('rpt_case_mix') }}
    union all
    select 'rpt_compensation_monthly' as model, hospital_id, month from {{ ref('rpt_compensation_monthly') }}
)

select dated.model, dated.hospital_id, dated.dated_on
from dated
inner join {{ ref('dim_hospitals') }} as hospitals on dated.hospital_id = hospitals.hospital_id
where dated.dated_on > hospitals.business_date
