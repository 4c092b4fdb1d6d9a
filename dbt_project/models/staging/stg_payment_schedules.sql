with payment_schedules as (
    select * from {{ current_rows(source('raw', 'payment_schedules')) }} as rows_of_source
)

select
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    invoice_id,
    due_date,
    amount
from payment_schedules
