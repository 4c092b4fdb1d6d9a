-- Invoices whose newest version was refused: the source's newest batch brought them, and they went to quarantine.
with rejects as (
    select * from {{ source('quarantine', 'invoices') }}
),

newest_batches as (
    select max(batch_id) as batch_id
    from ({{ visible_batches() }}) as visible_batches
    group by source_name
)

select distinct
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "record_key"]) }} as invoice_key
from rejects
where
    hospital_id is not null
    and record_key is not null
    and batch_id in (select newest_batches.batch_id from newest_batches)
