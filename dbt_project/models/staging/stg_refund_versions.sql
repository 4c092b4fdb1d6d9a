with versions as (
    select * from {{ visible_versions(source('raw', 'refunds')) }} as rows_of_source
)

select
    {{ daybook_key(["'refund'", "source_name", "hospital_id", "refund_id"]) }} as row_key,
    hospital_id,
    source_name,
    version_id,
    known_from,
    is_deleted,
    is_first_load,
    has_history,
    {{ daybook_key(["'payment'", "source_name", "hospital_id", "payment_id"]) }} as payment_key,
    refund_id,
    payment_id,
    amount,
    refund_date
from versions
