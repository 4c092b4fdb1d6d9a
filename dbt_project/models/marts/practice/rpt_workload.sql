-- Work by provider and day of the case. A case is on one day, so days add up to months and years.
{{ config(indexes=[
    {'columns': ['workload_key'], 'unique': True},
    {'columns': ['hospital_id', 'case_date']},
    {'columns': ['hospital_id', 'provider_key', 'case_date']},
]) }}

with cases as (
    select * from {{ ref('fct_cases') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

days as (
    select
        cases.hospital_id,
        cases.provider_key,
        cases.case_date,
        cases.currency,
        sum(case when cases.is_reversed then 0 else 1 end) as case_count,
        sum(case when cases.is_reversed then 1 else 0 end) as reversed_case_count,
        count(cases.minutes) as timed_case_count,
        coalesce(sum(cases.minutes), 0) as minutes,
        coalesce(sum(cases.units), 0) as units,
        coalesce(sum(cases.billed), 0.000) as billed,
        coalesce(sum(cases.paid), 0.000) as paid
    from cases
    inner join hospitals on cases.hospital_id = hospitals.hospital_id
    where cases.case_date <= hospitals.business_date
    group by 1, 2, 3, 4
),

final as (
    select
        {{ daybook_key(["'workload'", "hospital_id", "provider_key", "case_date", "currency"]) }} as workload_key,
        hospital_id,
        provider_key,
        case_date,
        currency,
        cast(case_count as bigint) as case_count,
        cast(reversed_case_count as bigint) as reversed_case_count,
        timed_case_count,
        minutes,
        coalesce(round(minutes / nullif(timed_case_count, 0), 3), 0.000) as average_minutes,
        coalesce(round(60 * timed_case_count / nullif(minutes, 0), 3), 0.000) as cases_per_hour,
        units,
        billed,
        paid
    from days
)

select * from final
