-- A provider's plans, each until the day before the next one begins.
with plans as (
    select * from {{ ref('stg_compensation_plans') }}
),

keyed as (
    select
        {{ daybook_key(["'plan'", "source_name", "hospital_id", "provider_id", "valid_from"]) }} as plan_key,
        {{ daybook_key(["'provider'", "source_name", "hospital_id", "provider_id"]) }} as provider_key,
        plans.*,
        lead(valid_from) over (partition by source_name, hospital_id, provider_id order by valid_from) as next_from
    from plans
),

final as (
    select
        plan_key,
        provider_key,
        hospital_id,
        valid_from,
        coalesce({{ add_days('next_from', -1) }}, {{ end_of_time() }}) as valid_to,
        conversion_factor,
        minutes_per_unit,
        share_percent,
        modifiers
    from keyed
)

select * from final
