with allocations as (
    select * from {{ current_rows(source('raw', 'allocations')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    {{ daybook_key(["'payment'", "source_name", "hospital_id", "payment_id"]) }} as payment_key,
    {{ daybook_key(["'adjustment'", "source_name", "hospital_id", "adjustment_id"]) }} as adjustment_key,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    allocation_id,
    payment_id,
    adjustment_id,
    invoice_id,
    amount,
    allocated_date
from allocations
