-- The statutory rates of each hospital, out of its list ("18; 8; 0": percent, separated by ; , | / or blanks), and the range of
-- rates that each of them stands for: 0.05 points to either side, and where two lie closer, halfway between them, so
-- that a derived rate meets at most one.
with hospitals as (
    select * from {{ ref('int_hospitals') }}
),

parts as (
    {% for position in range(1, 33) %}
        select hospital_id, {{ dbt.split_part("translate(tax_rates, ',|/ %', ';;;;')", "';'", position) }} as part
        from hospitals
        {{- ' union all' if not loop.last }}
    {% endfor %}
),

rates as (
    select distinct
        hospital_id,
        case when {{ is_plain_number('part') }} then cast(part as numeric(18, 3)) end as tax_rate
    from parts
),

neighbours as (
    select
        hospital_id,
        tax_rate,
        tax_rate - lag(tax_rate) over (partition by hospital_id order by tax_rate) as below,
        lead(tax_rate) over (partition by hospital_id order by tax_rate) - tax_rate as above
    from rates
    where tax_rate is not null
),

final as (
    select
        hospital_id,
        tax_rate,
        -- Four decimals: half of an odd thousandth.
        cast(tax_rate - least(0.05, coalesce(below / 2, 0.05)) as numeric(18, 4)) as from_rate,
        cast(tax_rate + least(0.05, coalesce(above / 2, 0.05)) as numeric(18, 4)) as to_rate,
        -- Halfway, the higher rate has it.
        coalesce(above / 2 > 0.05, true) as is_to_rate_included
    from neighbours
)

select * from final
