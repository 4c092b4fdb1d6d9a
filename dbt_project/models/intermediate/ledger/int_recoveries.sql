-- Money received on what was written off: the write-off is lifted by as much, so that no credit arises. On every day, as
-- known at every instant, an invoice has recovered what its balance would otherwise lie below zero, at most what was
-- written off and what was received, net of refunds, from the day of its first write-off on; an entry is the change of
-- that from the day before, less what was known of it before.
with linked as (
    select * from {{ ref('int_linked_events') }}
),

write_offs as (
    select invoice_key, currency, min(effective_date) as first_date
    from linked
    where event_type = 'written_off'
    group by invoice_key, currency
),

-- Without money received since then there is nothing to recover: nearly all write-offs end here.
paid_since as (
    select
        write_offs.invoice_key,
        write_offs.currency,
        min(linked.hospital_id) as hospital_id,
        min(linked.source_name) as source_name
    from write_offs
    inner join linked
        on write_offs.invoice_key = linked.invoice_key and write_offs.currency = linked.currency
    where linked.event_type = 'collected' and linked.effective_date >= write_offs.first_date
    group by write_offs.invoice_key, write_offs.currency
),

facts as (
    select
        linked.invoice_key, linked.currency, linked.effective_date, linked.booked_at, linked.booked_date,
        sum(linked.amount) as balance_change,
        sum(case when linked.event_type = 'written_off' then -linked.amount else 0 end) as written_off,
        sum(case when linked.event_type in ('collected', 'refunded') then -linked.amount else 0 end) as received
    from linked
    inner join paid_since on linked.invoice_key = paid_since.invoice_key and linked.currency = paid_since.currency
    group by
        linked.invoice_key, linked.currency, linked.effective_date, linked.booked_at, linked.booked_date
),

days as (
    select distinct invoice_key, currency, effective_date from facts
),

instants as (
    select distinct invoice_key, currency, booked_at, booked_date from facts
),

-- Every day and every instant of an invoice, with what was known by the instant of what changed on the day.
cells as (
    select
        days.invoice_key,
        days.currency,
        days.effective_date,
        instants.booked_at,
        instants.booked_date,
        sum(coalesce(facts.balance_change, 0)) over known_by as balance_change,
        sum(coalesce(facts.written_off, 0)) over known_by as written_off,
        sum(coalesce(facts.received, 0)) over known_by as received
    from days
    inner join instants on days.invoice_key = instants.invoice_key and days.currency = instants.currency
    left join facts
        on
            days.invoice_key = facts.invoice_key
            and days.currency = facts.currency
            and days.effective_date = facts.effective_date
            and instants.booked_at = facts.booked_at
    window known_by as (
        partition by days.invoice_key, days.currency, days.effective_date
        order by instants.booked_at rows between unbounded preceding and current row
    )
),

dated as (
    select
        cells.*,
        min(case when written_off <> 0 then effective_date end) over (
            partition by invoice_key, currency, booked_at
        ) as first_write_off
    from cells
),

levels as (
    select
        dated.*,
        greatest(0, least(
            -sum(balance_change) over so_far,
            sum(written_off) over so_far,
            sum(received) over so_far,
            sum(case when effective_date >= first_write_off then received else 0 end) over so_far
        )) as recovered_to_date
    from dated
    window so_far as (
        partition by invoice_key, currency, booked_at
        order by effective_date rows between unbounded preceding and current row
    )
),

steps as (
    select
        levels.*,
        recovered_to_date - lag(recovered_to_date, 1, cast(0 as numeric(18, 3))) over (
            partition by invoice_key, currency, booked_at order by effective_date
        ) as step
    from levels
),

news as (
    select
        steps.*,
        step - lag(step, 1, cast(0 as numeric(18, 3))) over (
            partition by invoice_key, currency, effective_date order by booked_at
        ) as amount,
        row_number() over (partition by invoice_key, currency, effective_date order by booked_at) as news_number
    from steps
),

final as (
    select
        {{ daybook_key([
            "'recovery'", "news.invoice_key", "news.currency", "news.effective_date", "news.news_number"
        ]) }} as event_key,
        paid_since.hospital_id,
        news.currency,
        news.invoice_key as item_key,
        invoices.invoice_key,
        coalesce(invoices.invoice_id, gone.invoice_id) as invoice_id,
        coalesce(invoices.patient_id, gone.patient_id) as patient_id,
        news.amount,
        news.effective_date,
        news.booked_at,
        news.booked_date,
        paid_since.source_name
    from news
    inner join paid_since on news.invoice_key = paid_since.invoice_key and news.currency = paid_since.currency
    left join {{ ref('int_invoices') }} as invoices on news.invoice_key = invoices.invoice_key
    left join {{ ref('int_invoice_links') }} as gone on news.invoice_key = gone.invoice_key
    where news.amount <> 0
)

select * from final
