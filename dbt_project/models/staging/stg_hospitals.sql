with hospitals as (
    select * from {{ current_rows(source('raw', 'hospitals')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    name,
    timezone,
    currency,
    fiscal_year_start,
    tax_rates
from hospitals
