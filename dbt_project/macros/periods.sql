{# The lengths of periods that are compared: calendar months, quarters and years, and those that begin with the fiscal year. #}
{% macro period_grains() -%}
    (
        select 'month' as grain, 1 as months, 0 as is_fiscal
        union all
        select 'quarter' as grain, 3 as months, 0 as is_fiscal
        union all
        select 'year' as grain, 12 as months, 0 as is_fiscal
        union all
        select 'fiscal_quarter' as grain, 3 as months, 1 as is_fiscal
        union all
        select 'fiscal_year' as grain, 12 as months, 1 as is_fiscal
    )
{%- endmacro %}

{# First day of the period that a day is in. `grains` names the row of period_grains() that says its length. #}
{% macro period_start(date_column, grains, fiscal_year_start) -%}
    {{ add_months(
        'cast(' ~ dbt.date_trunc('month', date_column) ~ ' as date)',
        '-mod(' ~ month_number(date_column) ~ ' + 11 - ' ~ grains ~ '.is_fiscal * (' ~ fiscal_year_start ~ ' - 1), ' ~ grains ~ '.months)'
    ) }}
{%- endmacro %}

{# "No day", typed. #}
{% macro no_date() -%}
    cast(null as date)
{%- endmacro %}

{# Change in percent of the former amount (of its size, where that is below 0), two decimals; 0 where that is 0. #}
{% macro percent_of_change(amount, former) -%}
    cast(
        coalesce(round(100 * ({{ amount }} - {{ former }}) / nullif(abs({{ former }}), 0), 2), 0) as numeric(18, 3)
    )
{%- endmacro %}
