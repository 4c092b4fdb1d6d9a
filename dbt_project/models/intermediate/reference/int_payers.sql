-- Payers that are only referred to stand under their id; a third party of unknown type is an insurer.
with payers as (
    select * from {{ ref('stg_payers') }}
),

referred as (
    select source_name, payer_id from {{ ref('stg_invoices') }}
    union distinct
    select source_name, payer_id from {{ ref('stg_payments') }}
    union distinct
    select source_name, payer_id from {{ ref('stg_claims') }}
),

missing as (
    select referred.*
    from referred
    left join payers
        on
            referred.source_name = payers.source_name
            and referred.payer_id = payers.payer_id
    where referred.payer_id is not null and payers.payer_id is null
),

described as (
    select payer_key, source_name, payer_id, name, coalesce(payer_type, 'insurance') as payer_type
    from payers
    union all
    select
        {{ daybook_key(["'payer'", "source_name", "payer_id"]) }} as payer_key,
        source_name,
        payer_id,
        payer_id as name,
        'insurance' as payer_type
    from missing
),

final as (
    select
        described.*,
        case when payer_type in ('insurance', 'government') then payer_type else 'patient' end as payer_class
    from described
)

select * from final
