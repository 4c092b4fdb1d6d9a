with operating_costs as (
    select * from {{ current_rows(source('raw', 'operating_costs')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    month,
    amount
from operating_costs
