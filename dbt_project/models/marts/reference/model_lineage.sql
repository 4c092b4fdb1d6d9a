-- What every figure is made from, down to the source's own rows, as a table: what pages print next to a figure.
with nodes as (
    -- No row, but the types of all columns.
    {{ lineage_row({}) }}
    where 1 = 0
    {% for node in lineage() %}
        union all
        {{ lineage_row(node) }}
    {% endfor %}
)

select
    model,
    layer,
    description,
    reads
from nodes
