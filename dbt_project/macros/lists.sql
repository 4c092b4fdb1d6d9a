{# Lists in one text, `P3=1,QK=x0.5`: their n-th part, and the numbers to count parts with. #}

{# The part between the separators number n − 1 and n; empty text behind the last one. #}
{% macro part_of(list, separator, number) -%}
    split_part({{ list }}, '{{ separator }}', {{ number }})
{%- endmacro %}

{# A relation with one column, number: 1 to `last`. #}
{% macro numbers_to(last) -%}
(
    {% for number in range(1, last + 1) %}
    select {{ number }} as number{{ ' union all' if not loop.last }}
    {% endfor %}
)
{%- endmacro %}
