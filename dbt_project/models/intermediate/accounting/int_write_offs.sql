-- Write-offs of both sides as they stand today: what was decided here, and what the billing system wrote off by itself.
-- What one side has and the other has not is to be reconciled; a hospital that has decided nothing here compares nothing.
with decisions as (
    select * from {{ ref('stg_write_off_decisions') }}
),

current_postings as (
    select adjustments.*, postings.decision_key
    from {{ ref('stg_adjustments') }} as adjustments
    left join {{ ref('int_write_off_postings') }} as postings on adjustments.version_id = postings.version_id
    where adjustments.kind = 'write_off'
),

versions as (
    select version_id, is_first_load from {{ ref('stg_adjustment_versions') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

first_decisions as (
    select hospital_id, min(effective_date) as first_date from decisions group by hospital_id
),

decided as (
    select
        decisions.decision_key as write_off_key,
        decisions.hospital_id,
        decisions.source_name,
        'daybook' as origin,
        decisions.reference as write_off_id,
        decisions.invoice_key,
        decisions.invoice_id,
        decisions.patient_id,
        decisions.currency,
        decisions.amount,
        decisions.category,
        case
            when decisions.kind = 'reversal' or reversals.decision_key is not null then 'REVERSED' else 'APPROVED'
        end as status,
        decisions.requested_by,
        decisions.approved_by,
        decisions.effective_date,
        decisions.decided_at as booked_at,
        current_postings.adjustment_id as posting_id,
        current_postings.amount as posted_amount,
        case
            when current_postings.amount = decisions.amount then 'confirmed'
            when current_postings.amount is not null then 'amount differs'
            -- Taken back before the billing system posted either: it has nothing to post.
            when other_posting.decision_key is null and (reversals.decision_key is not null or decisions.kind = 'reversal')
                then 'not compared'
            else 'not posted'
        end as reconciliation
    from decisions
    left join current_postings on decisions.decision_key = current_postings.decision_key
    left join decisions as reversals on decisions.decision_id = reversals.reversed_decision_id
    left join decisions as reversed on decisions.reversed_decision_id = reversed.decision_id
    left join current_postings as other_posting
        on other_posting.decision_key = coalesce(reversals.decision_key, reversed.decision_key)
),

posted as (
    select
        current_postings.adjustment_key as write_off_key,
        current_postings.hospital_id,
        current_postings.source_name,
        'billing system' as origin,
        current_postings.adjustment_id as write_off_id,
        current_postings.invoice_key,
        current_postings.invoice_id,
        current_postings.patient_id,
        cast(null as {{ dbt.type_string() }}) as currency,
        current_postings.amount,
        {{ write_off_category('current_postings.category') }} as category,
        'APPROVED' as status,
        'billing system' as requested_by,
        'billing system' as approved_by,
        current_postings.adjustment_date as effective_date,
        {{ booked_at(
            'versions.is_first_load', null_instant(), 'current_postings.adjustment_date', 'current_postings.known_from',
            'hospitals.timezone'
        ) }} as booked_at,
        cast(null as {{ dbt.type_string() }}) as posting_id,
        current_postings.amount as posted_amount,
        case
            when current_postings.adjustment_date >= {{ add_days('first_decisions.first_date', -60) }} then 'not requested'
            else 'not compared'
        end as reconciliation
    from current_postings
    inner join versions on current_postings.version_id = versions.version_id
    inner join hospitals on current_postings.hospital_id = hospitals.hospital_id
    left join first_decisions on current_postings.hospital_id = first_decisions.hospital_id
    where current_postings.decision_key is null
),

final as (
    select * from decided
    union all
    select * from posted
)

select * from final
