with adjustments as (
    select * from {{ current_rows(source('raw', 'adjustments')) }} as rows_of_source
)

select
    {{ daybook_key(["'adjustment'", "source_name", "hospital_id", "adjustment_id"]) }} as adjustment_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    adjustment_id,
    invoice_id,
    patient_id,
    adjustment_date,
    amount,
    kind,
    category
from adjustments
