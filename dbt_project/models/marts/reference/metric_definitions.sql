-- The definitions that stand beside the marts, as a table: what pages, exports and the API print next to a figure.
with definitions as (
    -- No row, but the types of all columns.
    {{ definition_row({}) }}
    where 1 = 0
    {% for metric in metric_definitions() %}
        union all
        {{ definition_row(metric) }}
    {% endfor %}
)

select
    metric,
    label,
    formula,
    unit,
    exclusions,
    example,
    model
from definitions
