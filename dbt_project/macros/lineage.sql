{#
    What each model, seed and source table of this project is made from, as dbt knows it: one dictionary for each, by name,
    with `reads` as the names of what it reads. Sources are named with their schema. None while dbt is still parsing.
#}
{% macro lineage() -%}
    {% set found = [] %}
    {% if execute %}
        {% set names = {} %}
        {% for node in graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) %}
            {% do names.update({node.unique_id: node.name}) %}
        {% endfor %}
        {% for source in graph.sources.values() %}
            {% do names.update({source.unique_id: source.schema ~ "." ~ source.name}) %}
            {% do found.append({'model': names[source.unique_id], 'layer': 'source', 'description': source.description, 'reads': ''}) %}
        {% endfor %}
        {% for node in graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) %}
            {% set reads = [] %}
            {% for parent in node.depends_on.nodes if parent in names %}{% do reads.append(names[parent]) %}{% endfor %}
            {% do found.append({
                'model': node.name, 'layer': 'seed' if node.resource_type == 'seed' else node.fqn[1],
                'description': node.description, 'reads': reads | unique | sort | join(', '),
            }) %}
        {% endfor %}
    {% endif %}
    {{ return(found | sort(attribute='model')) }}
{%- endmacro %}

{# One node as a row of text. #}
{% macro lineage_row(node) -%}
    select
        {%- for part in ['model', 'layer', 'description', 'reads'] %}
        cast({{ dbt.string_literal(dbt.escape_single_quotes(node.get(part, '') | trim)) }} as {{ dbt.type_string() }}) as {{ part }}
        {{- "," if not loop.last }}
        {%- endfor %}
{%- endmacro %}
