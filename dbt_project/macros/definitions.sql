{#
    The definitions of figures that stand beside the marts (`config.meta.metrics` in their YAML): one dictionary for each,
    with its mart as `model`, by mart and then in the order in which they are written. None while dbt is still parsing.
#}
{% macro metric_definitions() -%}
    {% set found = [] %}
    {% if execute %}
        {% for node in graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) | sort(attribute='name') %}
            {% for metric in node.config.get('meta', {}).get('metrics', []) %}
                {% for part in ['name', 'label', 'formula', 'unit', 'exclusions', 'example'] if not metric.get(part) %}
                    {{ exceptions.raise_compiler_error(node.name ~ ": a figure in meta.metrics has no " ~ part) }}
                {% endfor %}
                {% do found.append(dict(metric, model=node.name)) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{%- endmacro %}

{# One definition as a row of text; a part that is missing is empty. #}
{% macro definition_row(metric) -%}
    select
        {%- for part, column in [
            ('name', 'metric'), ('label', 'label'), ('formula', 'formula'), ('unit', 'unit'), ('exclusions', 'exclusions'),
            ('example', 'example'), ('model', 'model'),
        ] %}
        cast({{ dbt.string_literal(dbt.escape_single_quotes(metric.get(part, ''))) }} as {{ dbt.type_string() }}) as {{ column }}
        {{- "," if not loop.last }}
        {%- endfor %}
{%- endmacro %}
