{#
    A share of a whole as every page shows it: 0 to 100 with two decimals, rounded half up; 0 when the whole is 0. Counts
    divide like money.
#}
{% macro percentage(part, whole) -%}
    cast(coalesce(round(100.000 * {{ part }} / nullif({{ whole }}, 0), 2), 0) as numeric(18, 3))
{%- endmacro %}
