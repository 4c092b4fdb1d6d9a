with payments as (
    select * from {{ current_rows(source('raw', 'payments')) }} as rows_of_source
)

select
    {{ daybook_key(["'payment'", "source_name", "hospital_id", "payment_id"]) }} as payment_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
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
    updated_at,
    {{ is_collected('status') }} as is_collected
from payments
