{# A key that is missing, or stands for more than one row: one pass where `unique` and `not_null` would take two. #}
{% test primary_key(model, column_name) %}
    select
        '{{ column_name }}' as column_name,
        cast({{ column_name }} as {{ dbt.type_string() }}) as failing_key,
        case when {{ column_name }} is null then 'missing' else 'not unique' end as problem,
        count(*) as row_count
    from {{ model }}
    group by {{ column_name }}
    having {{ column_name }} is null or count(*) > 1
{% endtest %}
