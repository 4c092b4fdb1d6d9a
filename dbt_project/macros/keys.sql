{#
    A uuid made from natural key columns; null if any of them is null, so that a missing reference stays missing.
    The first column names the kind of thing ("'invoice'"), so that keys of different kinds never meet.
#}
{% macro daybook_key(columns) -%}
    {{ return(adapter.dispatch('daybook_key', 'daybook')(columns)) }}
{%- endmacro %}

{% macro default__daybook_key(columns) -%}
    md5({% for column in columns %}cast({{ column }} as {{ dbt.type_string() }}){{ " || chr(31) || " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro postgres__daybook_key(columns) -%}
    cast({{ daybook.default__daybook_key(columns) }} as uuid)
{%- endmacro %}

{# "No key", typed. #}
{% macro null_key() -%}
    cast(null as {{ adapter.dispatch('key_type', 'daybook')() }})
{%- endmacro %}

{% macro default__key_type() -%}
    {{ dbt.type_string() }}
{%- endmacro %}

{% macro postgres__key_type() -%}
    uuid
{%- endmacro %}
