with versions as (
    select * from {{ visible_versions(source('raw', 'adjustments')) }} as rows_of_source
)

select
    {{ daybook_key(["'adjustment'", "source_name", "hospital_id", "adjustment_id"]) }} as row_key,
    hospital_id,
    source_name,
    version_id,
    known_from,
    is_deleted,
    is_first_load,
    has_history,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    adjustment_id,
    invoice_id,
    patient_id,
    adjustment_date,
    amount,
    kind,
    category,
    coalesce(
        {{ write_off_reference('adjustment_id') }}, {{ write_off_reference('reason') }}
    ) as write_off_reference
from versions
