with versions as (
    select * from {{ visible_versions(source('raw', 'allocations')) }} as rows_of_source
),

keyed as (
    select
        versions.*,
        {{ daybook_key(["'payment'", "source_name", "hospital_id", "payment_id"]) }} as payment_key,
        {{ daybook_key(["'adjustment'", "source_name", "hospital_id", "adjustment_id"]) }} as adjustment_key
    from versions
)

select
    {{ daybook_key(["'allocation'", "source_name", "hospital_id", "allocation_id"]) }} as row_key,
    hospital_id,
    source_name,
    version_id,
    known_from,
    is_deleted,
    is_first_load,
    has_history,
    coalesce(payment_key, adjustment_key) as money_key,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    allocation_id,
    invoice_id,
    amount,
    allocated_date
from keyed
