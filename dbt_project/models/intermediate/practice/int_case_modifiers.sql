-- Each modifier of a case once, from the lines that stand; a line has at most ten.
with charges as (
    select * from {{ ref('fct_charges') }}
    where modifiers is not null and not is_reversal and not is_reversed
),

parts as (
    select
        charges.case_key,
        {{ part_of('charges.modifiers', ',', 'numbers.number') }} as modifier
    from charges
    cross join {{ numbers_to(10) }} as numbers
),

final as (
    select distinct case_key, modifier from parts where modifier <> ''
)

select * from final
