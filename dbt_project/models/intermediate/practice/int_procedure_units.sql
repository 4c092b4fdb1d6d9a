-- Base units of procedures, each from its first day to its last or to the day before the next entry begins: on any day
-- a code has one value or none.
with procedure_units as (
    select * from {{ ref('stg_procedure_units') }}
),

dated as (
    select
        source_name,
        cpt_code,
        base_units,
        coalesce(valid_from, {{ start_of_time() }}) as valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to
    from procedure_units
),

ordered as (
    select
        dated.*,
        lead(valid_from) over (partition by source_name, cpt_code order by valid_from) as next_from
    from dated
),

final as (
    select
        source_name,
        cpt_code,
        base_units,
        valid_from,
        case when next_from <= valid_to then {{ add_days('next_from', -1) }} else valid_to end as valid_to
    from ordered
)

select * from final
