-- What was calculated beside what was stated, by provider and month. A month that only one of the two knows is a row too.
{{ config(indexes=[
    {'columns': ['compensation_key'], 'unique': True},
    {'columns': ['hospital_id', 'provider_key', 'month']},
]) }}

with hospitals as (
    select * from {{ ref('int_hospitals') }}
),

calculated as (
    select
        cases.hospital_id,
        cases.provider_key,
        cast({{ dbt.date_trunc('month', 'cases.case_date') }} as date) as month,
        cases.currency,
        1 as case_count,
        case when cases.uncalculated_reason is null then 1 else 0 end as calculated_case_count,
        coalesce(cases.amount, 0.000) as calculated,
        0 as statement_count,
        0.000 as gross_pay, 0.000 as commission, 0.000 as bonus, 0.000 as deductions
    from {{ ref('fct_case_compensation') }} as cases
    inner join hospitals on cases.hospital_id = hospitals.hospital_id
    where cases.case_date <= hospitals.business_date
),

stated as (
    select
        statements.hospital_id,
        {{ daybook_key([
            "'provider'", "statements.source_name", "statements.hospital_id", "statements.provider_id",
        ]) }} as provider_key,
        cast({{ dbt.date_trunc('month', 'statements.month') }} as date) as month,
        hospitals.currency,
        0 as case_count,
        0 as calculated_case_count,
        0.000 as calculated,
        1 as statement_count,
        statements.gross_pay,
        coalesce(statements.commission, 0.000) as commission,
        coalesce(statements.bonus, 0.000) as bonus,
        coalesce(statements.deductions, 0.000) as deductions
    from {{ ref('stg_compensation_statements') }} as statements
    inner join hospitals on statements.hospital_id = hospitals.hospital_id
    where statements.month <= hospitals.business_date
),

both_sides as (
    select * from calculated
    union all
    select * from stated
),

months as (
    select
        hospital_id, provider_key, month, currency,
        cast(sum(case_count) as bigint) as case_count,
        cast(sum(calculated_case_count) as bigint) as calculated_case_count,
        sum(calculated) as calculated,
        cast(sum(statement_count) as bigint) as statement_count,
        sum(gross_pay) as gross_pay,
        sum(commission) as commission,
        sum(bonus) as bonus,
        sum(deductions) as deductions
    from both_sides
    group by hospital_id, provider_key, month, currency
),

final as (
    select
        {{ daybook_key(["'compensation'", "hospital_id", "provider_key", "month", "currency"]) }} as compensation_key,
        hospital_id,
        provider_key,
        month,
        currency,
        case_count,
        calculated_case_count,
        case_count - calculated_case_count as uncalculated_case_count,
        calculated,
        statement_count,
        gross_pay,
        commission,
        bonus,
        deductions,
        gross_pay - deductions as net_pay,
        gross_pay - calculated as difference
    from months
)

select * from final
