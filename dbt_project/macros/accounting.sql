{# Age of a credit: an axis of its own, for money that is owed back has no due date. #}
{% macro credit_bucket(age_days) -%}
    case
        when {{ age_days }} <= 30 then '0-30'
        when {{ age_days }} <= 60 then '31-60'
        when {{ age_days }} <= 90 then '61-90'
        else '91+'
    end
{%- endmacro %}

{# One of the eight categories of a write-off, however a source spells it; whatever else it says is OTHER. #}
{% macro write_off_category(category) -%}
    {%- set spelled = "upper(replace(replace(trim(" ~ category ~ "), ' ', '_'), '-', '_'))" -%}
    case
        when {{ spelled }} in (
            'BAD_DEBT', 'CHARITY_CARE', 'CONTRACTUAL_ADJUSTMENT', 'ADMINISTRATIVE_ERROR', 'UNCOLLECTIBLE',
            'DECEASED_PATIENT', 'SMALL_BALANCE'
        ) then {{ spelled }}
        else 'OTHER'
    end
{%- endmacro %}

{# Columns of rpt_roll_forward that a close keeps. The first seven are movements of the balance, each with its own sign. #}
{% macro roll_forward_figures() -%}
    {{ return([
        'opening', 'billed', 'collected', 'refunded', 'adjusted', 'written_off', 'recovered', 'closing',
        'receivables_closing', 'credits_closing',
    ]) }}
{%- endmacro %}

{# What one unit of a figure does to the balance; null for figures that are no movement. #}
{% macro balance_sign(figure) -%}
    case
        when {{ figure }} in ('opening', 'billed', 'refunded', 'recovered') then 1
        when {{ figure }} in ('collected', 'adjusted', 'written_off') then -1
    end
{%- endmacro %}
