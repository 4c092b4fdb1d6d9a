-- What changed a closed month after it was issued, event by event; a change that has no event of its own (money that
-- counts in another currency since its invoice is known, a refund that the source now tells in rows) is one line,
-- `restated`. Together they are the whole difference.
{{ config(indexes=[
    {'columns': ['change_key'], 'unique': True},
    {'columns': ['hospital_id', 'month']},
]) }}

with closes as (
    select * from {{ ref('stg_period_closes') }}
),

late_events as (
    select * from {{ ref('int_late_events') }}
),

versions as (
    select * from {{ ref('stg_period_close_versions') }}
),

changes as (
    select
        closes.close_id,
        late_events.currency,
        case when late_events.effective_date < closes.month then 'opening' else late_events.event_type end as figure,
        late_events.event_key,
        late_events.event_type,
        late_events.invoice_key,
        late_events.invoice_id,
        late_events.payment_key,
        late_events.amount,
        late_events.effective_date,
        late_events.booked_at,
        late_events.is_reversal
    from late_events
    inner join closes
        on late_events.hospital_id = closes.hospital_id and late_events.covering_month <= closes.month
    left join versions on closes.close_id = versions.close_id and late_events.source_table = versions.source_table
    where
        late_events.source_version_id > versions.last_version_id
        or (late_events.source_version_id is null and late_events.booked_at > closes.known_at)
),

explained as (
    select close_id, currency, figure, sum(amount) as amount
    from changes
    group by close_id, currency, figure
),

restated as (
    select
        differences.close_id,
        differences.currency,
        differences.figure,
        {{ balance_sign('differences.figure') }} * differences.difference - coalesce(explained.amount, 0) as amount
    from {{ ref('fct_closed_periods') }} as differences
    left join explained
        on
            differences.close_id = explained.close_id
            and differences.currency = explained.currency
            and differences.figure = explained.figure
    where {{ balance_sign('differences.figure') }} is not null
),

lines as (
    select 'event' as kind, changes.* from changes
    union all
    select
        'restated' as kind, close_id, currency, figure, {{ null_key() }} as event_key, null as event_type,
        {{ null_key() }} as invoice_key, null as invoice_id, {{ null_key() }} as payment_key, amount,
        null as effective_date, {{ null_instant() }} as booked_at, false as is_reversal
    from restated
    where amount <> 0
),

final as (
    select
        {{ daybook_key([
            "'change'", "lines.close_id", "lines.kind", "lines.currency", "lines.figure",
            "coalesce(cast(lines.event_key as " ~ dbt.type_string() ~ "), '')"
        ]) }} as change_key,
        closes.hospital_id,
        lines.close_id,
        closes.month,
        lines.kind,
        lines.currency,
        lines.figure,
        lines.event_key,
        lines.event_type,
        lines.invoice_key,
        lines.invoice_id,
        lines.payment_key,
        lines.amount,
        lines.effective_date,
        lines.booked_at,
        lines.is_reversal
    from lines
    inner join closes on lines.close_id = closes.close_id
)

select * from final
