-- What each plan gives for a modifier: units (`P3=1`) or a factor (`QK=x0.5`). Landing has put the terms in this form, at
-- most 40 of them and six factors; factors are numbered, so that a case's are multiplied without logarithms.
with plans as (
    select * from {{ ref('int_compensation_plans') }}
),

terms as (
    select
        plans.plan_key,
        {{ part_of('plans.modifiers', ',', 'numbers.number') }} as term
    from plans
    cross join {{ numbers_to(40) }} as numbers
    where plans.modifiers is not null
),

parts as (
    select
        plan_key,
        {{ part_of('term', '=', 1) }} as modifier,
        {{ part_of('term', '=', 2) }} as given
    from terms
    where term <> ''
),

valued as (
    select
        plan_key,
        modifier,
        case when given like 'x%' then 0 else cast(given as numeric(18, 6)) end as units,
        case when given like 'x%' then cast(substr(given, 2) as numeric(18, 6)) end as factor
    from parts
),

final as (
    select
        plan_key,
        modifier,
        units,
        factor,
        case
            when factor is not null
                then row_number() over (partition by plan_key, factor is null order by modifier)
        end as factor_number
    from valued
)

select * from final
