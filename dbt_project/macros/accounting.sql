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

{# Our own id of a write-off in what the billing system wrote beside its posting; null without one. #}
{% macro write_off_reference(text) -%}
    {{ return(adapter.dispatch('write_off_reference', 'daybook')(text)) }}
{%- endmacro %}

{% macro default__write_off_reference(text) -%}
    nullif(regexp_extract(upper({{ text }}), 'DAYBOOK-WO-[0-9]+', 0), '')
{%- endmacro %}

{% macro postgres__write_off_reference(text) -%}
    substring(upper({{ text }}) from 'DAYBOOK-WO-[0-9]+')
{%- endmacro %}

{#
    Steps that end in `taken`: the pairs of a decision and an adjustment that hold, the one that could be known first before
    all others. A pair lasts from `from_at` to `to_at` (null is for ever); no two that hold share a side at one time. Each
    round takes the best pair of both its sides: of a few like write-offs of one invoice all find theirs.
#}
{% macro first_pairs(pairs, rounds) -%}
    {%- for round in range(rounds) -%}
    ranked_{{ round }} as (
        select
            pairs.*,
            row_number() over (
                partition by decision_key order by from_at asc, named desc, days_apart asc, adjustment_key asc
            ) as place_of_adjustment,
            row_number() over (
                partition by adjustment_key order by from_at asc, named desc, days_apart asc, decision_key asc
            ) as place_of_decision
        from {{ pairs }} as pairs
        {%- if round %}
        where
            not exists (
                select 1
                from taken_{{ round - 1 }} as taken
                where
                    (taken.decision_key = pairs.decision_key or taken.adjustment_key = pairs.adjustment_key)
                    and (taken.to_at is null or pairs.from_at < taken.to_at)
                    and (pairs.to_at is null or taken.from_at < pairs.to_at)
            )
        {%- endif %}
    ),

    taken_{{ round }} as (
        {%- if round %}
        select * from taken_{{ round - 1 }}
        union all
        {%- endif %}
        select decision_key, adjustment_key, from_at, to_at
        from ranked_{{ round }}
        where place_of_adjustment = 1 and place_of_decision = 1
    ),

    {% endfor -%}
    taken as (
        select * from taken_{{ rounds - 1 }}
    )
{%- endmacro %}
