-- Claims with what became of them by the business date of their hospital. No patient: what a claim was denied for stays
-- apart from whose it is.
{{ config(indexes=[
    {'columns': ['claim_key'], 'unique': True},
    {'columns': ['invoice_key']},
    {'columns': ['hospital_id', 'claim_date']},
    {'columns': ['hospital_id', 'status']},
]) }}

with claims as (
    select * from {{ ref('stg_claims') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

payers as (
    select * from {{ ref('int_payers') }}
),

replaced as (
    select distinct source_name, hospital_id, resubmission_of as claim_id
    from claims
    where resubmission_of is not null
),

joined as (
    select
        claims.*,
        invoices.invoice_key as found_invoice_key,
        payers.payer_key,
        coalesce(invoices.currency, hospitals.currency) as currency,
        coalesce(claims.submitted_date, claims.adjudicated_date, invoices.invoice_date) as claim_date,
        replaced.claim_id is not null as is_replaced,
        -- Decided: any status but submitted, on a day that has come; without a status, a day of decision is one.
        case
            when claims.status = 'submitted' or coalesce(claims.status, '') = '' and claims.adjudicated_date is null then false
            else coalesce(claims.adjudicated_date <= hospitals.business_date, true)
        end as is_adjudicated
    from claims
    inner join hospitals on claims.hospital_id = hospitals.hospital_id
    left join invoices on claims.invoice_key = invoices.invoice_key
    left join payers on claims.source_name = payers.source_name and claims.payer_id = payers.payer_id
    left join replaced
        on
            claims.source_name = replaced.source_name
            and claims.hospital_id = replaced.hospital_id
            and claims.claim_id = replaced.claim_id
),

final as (
    select
        claim_key,
        hospital_id,
        source_name,
        claim_id,
        found_invoice_key as invoice_key,
        payer_key,
        currency,
        claim_date,
        submitted_date,
        adjudicated_date,
        status,
        billed_amount,
        allowed_amount,
        paid_amount,
        patient_responsibility,
        denial_code,
        clean as is_clean,
        resubmission_of,
        resubmission_of is not null as is_resubmission,
        is_replaced,
        is_adjudicated,
        -- An appeal was denied before; what carries a code was denied at first, whatever was paid since.
        is_adjudicated and (coalesce(status, '') in ('denied', 'appealed') or denial_code is not null) as is_denied
    from joined
)

select * from final
