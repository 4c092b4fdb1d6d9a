-- Invoices that we have not always known, or know no more: money that names them was without an invoice before
-- `first_known_at`, and is again since `gone_at`. What the first load of a source brought was known ever since.
with versions as (
    select * from {{ ref('stg_invoice_versions') }}
),

loaded_first as (
    select row_key from versions where is_first_load and has_history
),

came_later as (
    select versions.row_key as invoice_key, min(versions.known_from) as first_known_at
    from versions
    left join loaded_first on versions.row_key = loaded_first.row_key
    where not versions.is_first_load and loaded_first.row_key is null
    group by versions.row_key
),

tombstones as (
    select
        versions.*,
        row_number() over (partition by versions.row_key order by versions.version_id desc) as newness
    from versions
    left join {{ ref('stg_invoices') }} as invoices on versions.row_key = invoices.invoice_key
    where versions.is_deleted and invoices.invoice_key is null
),

gone as (
    select
        tombstones.row_key as invoice_key, tombstones.known_from as gone_at, tombstones.hospital_id, tombstones.invoice_id,
        tombstones.patient_id, coalesce(tombstones.currency, hospitals.currency) as currency
    from tombstones
    inner join {{ ref('int_hospitals') }} as hospitals on tombstones.hospital_id = hospitals.hospital_id
    where tombstones.newness = 1
),

final as (
    select
        coalesce(came_later.invoice_key, gone.invoice_key) as invoice_key,
        came_later.first_known_at,
        gone.gone_at,
        gone.hospital_id,
        gone.invoice_id,
        gone.patient_id,
        gone.currency
    from came_later
    full outer join gone on came_later.invoice_key = gone.invoice_key
)

select * from final
