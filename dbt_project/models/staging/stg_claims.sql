with claims as (
    select * from {{ current_rows(source('raw', 'claims')) }} as rows_of_source
)

select
    {{ daybook_key(["'claim'", "source_name", "hospital_id", "claim_id"]) }} as claim_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    claim_id,
    invoice_id,
    payer_id,
    submitted_date,
    status,
    adjudicated_date,
    billed_amount,
    allowed_amount,
    paid_amount,
    patient_responsibility,
    denial_code,
    clean,
    resubmission_of
from claims
