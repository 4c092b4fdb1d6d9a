with payers as (
    select * from {{ current_rows(source('raw', 'payers'), per_hospital=false) }} as rows_of_source
)

select
    {{ daybook_key(["'payer'", "source_name", "payer_id"]) }} as payer_key,
    source_name,
    version_id,
    batch_id,
    known_from,
    payer_id,
    name,
    payer_type
from payers
