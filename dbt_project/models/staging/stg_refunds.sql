with refunds as (
    select * from {{ current_rows(source('raw', 'refunds')) }} as rows_of_source
)

select
    {{ daybook_key(["'refund'", "source_name", "hospital_id", "refund_id"]) }} as refund_key,
    hospital_id,
    source_name,
    version_id,
    batch_id,
    known_from,
    {{ daybook_key(["'payment'", "source_name", "hospital_id", "payment_id"]) }} as payment_key,
    refund_id,
    payment_id,
    amount,
    refund_date
from refunds
