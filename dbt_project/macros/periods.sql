{# Two rows of one hospital, currency, basis and grain, the second of which starts on a day that the first names. #}
{% macro same_period(named, other, start_column) -%}
    {{ named }}.hospital_id = {{ other }}.hospital_id
    and {{ named }}.currency = {{ other }}.currency
    and {{ named }}.basis = {{ other }}.basis
    and {{ named }}.grain = {{ other }}.grain
    and {{ named }}.{{ start_column }} = {{ other }}.period_start
{%- endmacro %}

{# Change in percent of the former amount (of its size, where that is below 0), two decimals; 0 where that is 0. #}
{% macro percent_of_change(amount, former) -%}
    cast(
        coalesce(round(100 * ({{ amount }} - {{ former }}) / nullif(abs({{ former }}), 0), 2), 0) as numeric(18, 3)
    )
{%- endmacro %}
