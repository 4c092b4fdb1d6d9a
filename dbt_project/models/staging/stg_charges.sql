with charges as (
    select * from {{ current_rows(source('raw', 'charges')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    charge_id,
    provider_id,
    ticket_number,
    case_date,
    posted_date,
    cpt_code,
    modifiers,
    units,
    minutes,
    billed_amount,
    paid_amount,
    patient_id
from charges
