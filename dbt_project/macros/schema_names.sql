{# Schema names are exact: `staging` and `intermediate` as configured, everything else where the target says. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
