-- What an invoice's claims say together: whose payer, and since when all of them are decided. A claim that another one
-- replaces no longer counts. A decision without a date is dated by the first payment of an insurer on the invoice.
with claims as (
    select * from {{ ref('stg_claims') }}
),

payers as (
    select * from {{ ref('int_payers') }}
),

replaced as (
    select distinct source_name, hospital_id, resubmission_of as claim_id
    from claims
    where resubmission_of is not null
),

insurer_payments as (
    select payments.invoice_key, min(payments.payment_date) as first_payment_date
    from {{ ref('stg_payments') }} as payments
    inner join payers
        on payments.source_name = payers.source_name and payments.payer_id = payers.payer_id
    where payments.is_collected and payers.payer_class <> 'patient' and payments.invoice_key is not null
    group by payments.invoice_key
),

decided as (
    select
        claims.invoice_key,
        payers.payer_key,
        row_number() over (
            partition by claims.invoice_key
            order by coalesce(claims.submitted_date, {{ end_of_time() }}), claims.claim_id
        ) as claim_rank,
        case
            when claims.status in ('submitted', 'appealed') then null
            when claims.adjudicated_date is not null then claims.adjudicated_date
            when claims.status is not null then insurer_payments.first_payment_date
        end as decided_on
    from claims
    left join payers
        on claims.source_name = payers.source_name and claims.payer_id = payers.payer_id
    left join insurer_payments on claims.invoice_key = insurer_payments.invoice_key
    left join replaced
        on
            claims.source_name = replaced.source_name
            and claims.hospital_id = replaced.hospital_id
            and claims.claim_id = replaced.claim_id
    where replaced.claim_id is null
),

first_claims as (
    select invoice_key, payer_key from decided where claim_rank = 1
),

final as (
    select
        decided.invoice_key,
        first_claims.payer_key,
        case when count(*) = count(decided.decided_on) then max(decided.decided_on) end as adjudicated_on
    from decided
    inner join first_claims on decided.invoice_key = first_claims.invoice_key
    group by decided.invoice_key, first_claims.payer_key
)

select * from final
