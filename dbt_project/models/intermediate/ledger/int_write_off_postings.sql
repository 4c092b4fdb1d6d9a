-- The billing system's own postings of write-offs that were decided here: such a version of an adjustment confirms the
-- decision and says nothing more. It names the decision in its reference, or is of the same invoice and amount within 60
-- days and came after the build that the approver saw. A decision has one posting at a time, a posting one decision; the
-- pair that could be known first comes first, so that what arrives later never parts an older pair.
{{ config(materialized='table') }}

with decisions as (
    select * from {{ ref('stg_write_off_decisions') }}
),

versions as (
    select
        adjustments.*,
        lead(known_from) over (partition by row_key order by version_id) as superseded_at
    from {{ ref('stg_adjustment_versions') }} as adjustments
    where invoice_key in (select decisions.invoice_key from decisions)
),

candidates as (
    select
        decisions.decision_key,
        decisions.decided_at,
        versions.row_key as adjustment_key,
        versions.version_id,
        greatest(decisions.decided_at, versions.known_from) as from_at,
        versions.superseded_at as to_at,
        coalesce(versions.write_off_reference = decisions.reference, false) as is_named,
        abs({{ days_between('decisions.effective_date', 'versions.adjustment_date') }}) as days_apart
    from decisions
    inner join versions
        on
            decisions.invoice_key = versions.invoice_key
            and sign(decisions.amount) = sign(versions.amount)
            and coalesce(versions.write_off_reference, decisions.reference) = decisions.reference
    where
        versions.kind = 'write_off'
        and not versions.is_deleted
        and (
            versions.write_off_reference is not null
            or (
                versions.amount = decisions.amount
                and abs({{ days_between('decisions.effective_date', 'versions.adjustment_date') }}) <= 60
                and versions.known_from > decisions.shown_at
            )
        )
),

pairs as (
    select
        decision_key,
        adjustment_key,
        min(from_at) as from_at,
        case when count(*) = count(to_at) then max(to_at) end as to_at,
        max(case when is_named then 1 else 0 end) as named,
        min(days_apart) as days_apart
    from candidates
    group by decision_key, adjustment_key
),

{{ first_pairs('pairs', rounds=4) }},

final as (
    select
        candidates.version_id,
        candidates.adjustment_key,
        candidates.decision_key,
        candidates.is_named,
        candidates.from_at
    from candidates
    inner join taken
        on candidates.decision_key = taken.decision_key and candidates.adjustment_key = taken.adjustment_key
)

select * from final
