{# Columns that every row must fill, in one pass. A row that lacks several counts under the first of them. #}
{% test filled(model, columns) %}
    select
        case {% for column in columns %}when {{ column }} is null then '{{ column }}' {% endfor %}end as column_name,
        'missing' as problem,
        count(*) as row_count
    from {{ model }}
    where {% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %}
    group by 1
{% endtest %}
