with compensation_statements as (
    select * from {{ current_rows(source('raw', 'compensation_statements')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    statement_id,
    provider_id,
    month,
    gross_pay,
    commission,
    bonus,
    deductions
from compensation_statements
