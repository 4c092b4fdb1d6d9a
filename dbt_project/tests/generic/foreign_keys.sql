{# Keys whose row is missing in the table that they name. `parents` says, for each column, table and column it refers to. #}
{% test foreign_keys(model, parents) %}
    {%- for column, parent in parents.items() %}
        {%- set table, field = parent.split('.') %}
        select
            '{{ column }}' as column_name,
            cast(child.{{ column }} as {{ dbt.type_string() }}) as failing_key,
            'not in {{ table }}' as problem,
            count(*) as row_count
        from {{ model }} as child
        where
            child.{{ column }} is not null
            and not exists (select 1 from {{ ref(table) }} as parent where parent.{{ field }} = child.{{ column }})
        group by child.{{ column }}
        {{ "union all" if not loop.last }}
    {%- endfor %}
{% endtest %}
