with versions as (
    select * from {{ visible_versions(source('raw', 'payment_schedules')) }} as rows_of_source
)

select
    {{ daybook_key(["'instalment'", "source_name", "hospital_id", "record_key"]) }} as row_key,
    hospital_id,
    source_name,
    version_id,
    known_from,
    is_deleted,
    is_first_load,
    has_history,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    due_date,
    amount
from versions
