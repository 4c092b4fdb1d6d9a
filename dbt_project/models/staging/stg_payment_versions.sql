with versions as (
    select * from {{ visible_versions(source('raw', 'payments')) }} as rows_of_source
)

select
    {{ daybook_key(["'payment'", "source_name", "hospital_id", "payment_id"]) }} as row_key,
    hospital_id,
    source_name,
    version_id,
    known_from,
    is_deleted,
    is_first_load,
    has_history,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    payment_id,
    invoice_id,
    patient_id,
    payment_date,
    amount,
    status,
    method,
    payer_id,
    refunded_date,
    created_at,
    updated_at
from versions
