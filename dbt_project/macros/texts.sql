{# Whether a text is a number without sign, of at most 8 characters: 18, 5.5, 0.125.
   Without patterns, which databases spell differently. #}
{% macro is_plain_number(text_column) -%}
    (
        length({{ text_column }}) between 1 and 8
        and translate({{ text_column }}, '0123456789.', '') = ''
        and translate({{ text_column }}, '.', '') <> ''
        and length({{ text_column }}) - length(translate({{ text_column }}, '.', '')) <= 1
    )
{%- endmacro %}
