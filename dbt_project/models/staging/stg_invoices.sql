with invoices as (
    select * from {{ current_rows(source('raw', 'invoices')) }} as rows_of_source
)

select
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    invoice_id,
    patient_id,
    invoice_date,
    due_date,
    subtotal,
    tax,
    discount,
    total,
    status,
    appointment_id,
    provider_id,
    department_id,
    payer_id,
    currency,
    balance,
    cancelled_date,
    billed_at,
    disputed,
    created_at,
    updated_at,
    {{ is_receivable('status') }} as is_receivable
from invoices
