-- Claims by month of submission, payer, status and reason of denial. Denials and clean claims are counted among first
-- submissions: a claim that replaces another one would count the same bill twice.
{{ config(indexes=[
    {'columns': ['claims_month_key'], 'unique': True},
    {'columns': ['hospital_id', 'claim_month']},
]) }}

with claims as (
    select claims.*
    from {{ ref('fct_claims') }} as claims
    inner join {{ ref('int_hospitals') }} as hospitals on claims.hospital_id = hospitals.hospital_id
    where coalesce(claims.claim_date, hospitals.business_date) <= hospitals.business_date
),

marked as (
    select
        claims.*,
        cast({{ dbt.date_trunc('month', 'claim_date') }} as date) as claim_month,
        case when is_adjudicated and not is_resubmission then 1 else 0 end as first_adjudicated,
        case when is_denied and not is_resubmission then 1 else 0 end as first_denied,
        case when is_clean is not null and not is_resubmission then 1 else 0 end as first_known,
        case when is_clean and not is_resubmission then 1 else 0 end as first_clean
    from claims
),

summed as (
    select
        hospital_id, currency, claim_month, payer_key, status, denial_code,
        count(*) as claim_count,
        coalesce(sum(billed_amount), 0.000) as billed_amount,
        coalesce(sum(allowed_amount), 0.000) as allowed_amount,
        coalesce(sum(paid_amount), 0.000) as paid_amount,
        sum(case when is_resubmission then 1 else 0 end) as resubmission_count,
        sum(first_adjudicated) as adjudicated_count,
        coalesce(sum(first_adjudicated * billed_amount), 0.000) as adjudicated_amount,
        sum(first_denied) as denied_count,
        coalesce(sum(first_denied * billed_amount), 0.000) as denied_amount,
        sum(first_known) as clean_known_count,
        sum(first_clean) as clean_count
    from marked
    group by 1, 2, 3, 4, 5, 6
),

final as (
    select
        {{ daybook_key([
            "'claims_month'", "hospital_id", "currency",
            "coalesce(cast(claim_month as " ~ dbt.type_string() ~ "), '')",
            "coalesce(cast(payer_key as " ~ dbt.type_string() ~ "), '')",
            "coalesce(status, '')",
            "coalesce(denial_code, '')",
        ]) }} as claims_month_key,
        summed.*
    from summed
)

select * from final
