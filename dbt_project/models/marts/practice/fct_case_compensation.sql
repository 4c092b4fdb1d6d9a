-- What a case earns its provider: (base units + time units + modifier units) × conversion factor × factors of modifiers ×
-- share, under the plan of the case's day. What is missing is named in `uncalculated_reason`, and the amount is null: never 0.
{{ config(indexes=[
    {'columns': ['case_key'], 'unique': True},
    {'columns': ['hospital_id', 'provider_key', 'case_date']},
]) }}
{%- set product %}
    {%- for number in range(1, 7) -%}
        coalesce(max(case when terms.factor_number = {{ number }} then terms.factor end), 1){{ ' * ' if not loop.last }}
    {%- endfor %}
{%- endset %}

with cases as (
    select * from {{ ref('fct_cases') }} where not is_reversed
),

planned as (
    select
        cases.case_key, cases.hospital_id, cases.provider_key, cases.case_date, cases.currency, cases.base_units,
        cases.minutes, plans.plan_key, plans.valid_from as plan_valid_from, plans.conversion_factor,
        plans.minutes_per_unit, plans.share_percent
    from cases
    left join {{ ref('int_compensation_plans') }} as plans
        on cases.provider_key = plans.provider_key and cases.case_date between plans.valid_from and plans.valid_to
),

modified as (
    select
        planned.case_key,
        sum(coalesce(terms.units, 0)) as modifier_units,
        {{ product }} as modifier_factor,
        sum(case when planned.plan_key is not null and terms.modifier is null then 1 else 0 end) as unknown_modifier_count
    from {{ ref('int_case_modifiers') }} as modifiers
    inner join planned on modifiers.case_key = planned.case_key
    left join {{ ref('int_plan_modifiers') }} as terms
        on planned.plan_key = terms.plan_key and modifiers.modifier = terms.modifier
    group by planned.case_key
),

rated as (
    select
        planned.*,
        round(planned.minutes / nullif(planned.minutes_per_unit, 0), 1) as time_units,
        coalesce(modified.modifier_units, 0) as modifier_units,
        round(coalesce(modified.modifier_factor, 1), 6) as modifier_factor,
        cast(coalesce(modified.unknown_modifier_count, 0) as bigint) as unknown_modifier_count
    from planned
    left join modified on planned.case_key = modified.case_key
),

judged as (
    select
        rated.*,
        base_units + time_units + modifier_units as total_units,
        case
            when plan_key is null then 'no_plan'
            when base_units is null then 'no_base_units'
            when time_units is null then 'no_minutes'
        end as uncalculated_reason
    from rated
),

final as (
    select
        case_key,
        hospital_id,
        provider_key,
        case_date,
        currency,
        plan_valid_from,
        base_units,
        minutes,
        minutes_per_unit,
        time_units,
        modifier_units,
        modifier_factor,
        unknown_modifier_count,
        case when uncalculated_reason is null then total_units end as total_units,
        conversion_factor,
        share_percent,
        case
            when uncalculated_reason is null then {{ round_to_currency(
                "total_units * conversion_factor * modifier_factor * share_percent / 100", "currency",
            ) }}
        end as amount,
        uncalculated_reason
    from judged
)

select * from final
