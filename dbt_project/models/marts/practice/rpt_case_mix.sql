-- Cases by procedure. A case with two procedures is in both rows, so cases do not add up over procedures; money and units do.
{{ config(indexes=[
    {'columns': ['case_mix_key'], 'unique': True},
    {'columns': ['hospital_id', 'month']},
]) }}

with cases as (
    select * from {{ ref('fct_cases') }}
),

codes as (
    select * from {{ ref('int_case_codes') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

months as (
    select
        cases.hospital_id,
        cases.provider_key,
        cast({{ dbt.date_trunc('month', 'cases.case_date') }} as date) as month,
        cases.currency,
        codes.cpt_code,
        sum(case when codes.line_count > 0 and not cases.is_reversed then 1 else 0 end) as case_count,
        sum(case when not cases.is_reversed then coalesce(codes.units, 0) else 0 end) as units,
        sum(coalesce(codes.billed, 0)) as billed
    from codes
    inner join cases on codes.case_key = cases.case_key
    inner join hospitals on cases.hospital_id = hospitals.hospital_id
    where cases.case_date <= hospitals.business_date
    group by 1, 2, 3, 4, 5
),

final as (
    select
        {{ daybook_key(["'case_mix'", "hospital_id", "provider_key", "month", "currency", "cpt_code"]) }} as case_mix_key,
        hospital_id,
        provider_key,
        month,
        currency,
        cpt_code,
        cast(case_count as bigint) as case_count,
        units,
        billed
    from months
    where case_count <> 0 or units <> 0 or billed <> 0
)

select * from final
