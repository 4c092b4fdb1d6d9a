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
