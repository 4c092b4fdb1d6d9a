-- Events that a closed month did not know: the first month that each of them changes. Months are closed in order, so an
-- event that came after one close came after every earlier one: it is looked up in the one close that was the first to
-- need it, and joins on keys are enough for the whole ledger.
with events as (
    select * from {{ ref('fct_receivable_events') }}
),

closes as (
    select * from {{ ref('stg_period_closes') }}
),

first_closes as (
    select hospital_id, min(month) as first_month
    from closes
    group by hospital_id
),

covered as (
    select
        events.*,
        greatest(
            cast({{ dbt.date_trunc('month', 'events.effective_date') }} as date), first_closes.first_month
        ) as covering_month
    from events
    inner join first_closes on events.hospital_id = first_closes.hospital_id
),

final as (
    select
        covered.event_key,
        covered.hospital_id,
        covered.currency,
        covered.event_type,
        covered.invoice_key,
        covered.invoice_id,
        covered.payment_key,
        covered.amount,
        covered.effective_date,
        covered.booked_at,
        covered.is_reversal,
        covered.source_table,
        covered.source_version_id,
        covered.covering_month
    from covered
    inner join closes on covered.hospital_id = closes.hospital_id and covered.covering_month = closes.month
    left join {{ ref('stg_period_close_versions') }} as versions
        on closes.close_id = versions.close_id and covered.source_table = versions.source_table
    where
        -- What the ledger itself derives (recoveries, moves between invoices) has no version, but an instant of booking.
        covered.source_version_id > versions.last_version_id
        or (covered.source_version_id is null and covered.booked_at > closes.known_at)
)

select * from final
