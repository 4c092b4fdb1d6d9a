-- A case is the charges of one provider, ticket and case date. Its minutes are the longest of its lines, for each line states
-- the time of the whole case. A case of which nothing stands is marked, not counted; its money stays in the totals.
{{ config(indexes=[
    {'columns': ['case_key'], 'unique': True},
    {'columns': ['hospital_id', 'case_date']},
    {'columns': ['hospital_id', 'provider_key', 'case_date']},
    {'columns': ['hospital_id', 'ticket_number']},
]) }}

with charges as (
    select
        fct_charges.*,
        not is_reversal and not is_reversed as is_standing
    from {{ ref('fct_charges') }} as fct_charges
),

codes as (
    select * from {{ ref('int_case_codes') }} where line_count > 0
),

summed as (
    select
        case_key, hospital_id, source_name, provider_key, ticket_number, case_date, currency,
        count(*) as charge_count,
        sum(case when is_reversal then 1 else 0 end) as reversal_count,
        sum(case when is_standing then 1 else 0 end) as line_count,
        sum(case when is_standing then abs(billed) else 0 end) as standing_amount,
        max(case when is_standing and minutes >= 0 then minutes end) as minutes,
        sum(case when is_standing then units end) as units,
        sum(billed) as billed,
        sum(paid) as paid,
        min(posted_date) as first_posted_date,
        max(posted_date) as last_posted_date
    from charges
    group by case_key, hospital_id, source_name, provider_key, ticket_number, case_date, currency
),

judged as (
    select
        summed.*,
        line_count = 0 or (reversal_count > 0 and standing_amount > 0 and billed = 0) as is_reversed
    from summed
),

highest as (
    select
        case_key,
        count(*) as code_count,
        max(base_units) as base_units
    from codes
    group by case_key
),

leading_codes as (
    select codes.case_key, min(codes.cpt_code) as cpt_code
    from codes
    inner join highest
        on codes.case_key = highest.case_key and coalesce(codes.base_units, -1) = coalesce(highest.base_units, -1)
    group by codes.case_key
),

final as (
    select
        judged.case_key,
        judged.hospital_id,
        judged.source_name,
        judged.provider_key,
        judged.ticket_number,
        judged.case_date,
        judged.currency,
        judged.is_reversed,
        case when not judged.is_reversed then leading_codes.cpt_code end as primary_cpt_code,
        case when not judged.is_reversed then highest.base_units end as base_units,
        case when judged.is_reversed then 0 else highest.code_count end as code_count,
        case when judged.is_reversed then 0 else cast(judged.line_count as bigint) end as line_count,
        judged.charge_count,
        case when not judged.is_reversed then judged.minutes end as minutes,
        case when not judged.is_reversed then judged.units end as units,
        judged.billed,
        judged.paid,
        judged.first_posted_date,
        judged.last_posted_date
    from judged
    left join highest on judged.case_key = highest.case_key
    left join leading_codes on judged.case_key = leading_codes.case_key
)

select * from final
