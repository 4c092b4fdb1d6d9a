-- The invoice as it stands today: attributes only, no balance.
with invoices as (
    select * from {{ ref('stg_invoices') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

payers as (
    select * from {{ ref('int_payers') }}
),

claims as (
    select * from {{ ref('int_claims') }}
),

-- Whether a source tells when invoices went out at all.
billing_sources as (
    select distinct source_name from invoices where billed_at is not null
),

joined as (
    select
        invoices.*,
        hospitals.business_date,
        coalesce(invoices.currency, hospitals.currency) as invoice_currency,
        coalesce(own_payers.payer_key, claim_payers.payer_key) as payer_key,
        coalesce(own_payers.payer_class, claim_payers.payer_class, 'patient') as first_payer_class,
        claims.adjudicated_on,
        billing_sources.source_name is not null as tells_billing
    from invoices
    inner join hospitals on invoices.hospital_id = hospitals.hospital_id
    left join payers as own_payers
        on invoices.source_name = own_payers.source_name and invoices.payer_id = own_payers.payer_id
    left join claims on invoices.invoice_key = claims.invoice_key
    left join payers as claim_payers on claims.payer_key = claim_payers.payer_key
    left join billing_sources on invoices.source_name = billing_sources.source_name
),

final as (
    select
        joined.invoice_key,
        joined.hospital_id,
        joined.source_name,
        joined.invoice_id,
        joined.patient_id,
        joined.invoice_date,
        joined.due_date,
        coalesce(joined.due_date, joined.invoice_date) as aging_date,
        joined.due_date is null as is_due_date_missing,
        coalesce(joined.due_date < joined.invoice_date, false) as is_due_before_invoice,
        joined.status,
        joined.is_receivable,
        coalesce(joined.disputed, false) or joined.status = 'disputed' as is_disputed,
        joined.billed_at as sent_date,
        joined.tells_billing and coalesce(joined.billed_at > joined.business_date, true) as is_unbilled,
        joined.invoice_currency as currency,
        joined.subtotal,
        joined.tax,
        joined.discount,
        joined.total,
        attribution.department_key,
        attribution.provider_key,
        attribution.attribution,
        joined.payer_key,
        joined.first_payer_class,
        -- From this day on the patient owes what the insurer owed before; null while the insurer still does.
        case when joined.first_payer_class <> 'patient' then joined.adjudicated_on end as patient_owes_from,
        joined.business_date,
        joined.balance as source_balance,
        coalesce(
            abs(joined.subtotal + coalesce(joined.tax, 0) - coalesce(joined.discount, 0) - joined.total) > 0.02, false
        ) as is_total_inconsistent,
        stale.invoice_key is not null as is_stale
    from joined
    left join {{ ref('int_invoice_attribution') }} as attribution on joined.invoice_key = attribution.invoice_key
    left join {{ ref('stg_stale_invoices') }} as stale on joined.invoice_key = stale.invoice_key
)

select * from final
