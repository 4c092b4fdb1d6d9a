with payers as (
    select * from {{ ref('int_payers') }}
)

select
    payer_key,
    source_name,
    payer_id,
    name,
    payer_type
from payers
