-- Allocated money whose story is not plain: more allocated than there is, moved on, given back, corrected. On every day,
-- as known at every instant, an invoice holds what was allocated to it, as far as the money reaches, the oldest
-- allocation first; a row is the change of that from the day before, known until `left_at`. Rows without an invoice are
-- what left the money for all of them.
with allocations as (
    select * from {{ ref('int_allocation_entries') }} where not is_plain
),

targets as (
    select
        money_key,
        invoice_key,
        row_number() over (partition by money_key order by invoice_id, invoice_key) as position
    from allocations
    group by money_key, invoice_key, invoice_id
),

spread as (
    select distinct money_key from targets
),

facts as (
    select
        allocations.money_key, targets.position, allocations.effective_date, allocations.booked_at,
        allocations.booked_date, allocations.amount
    from allocations
    inner join targets
        on allocations.money_key = targets.money_key and allocations.invoice_key = targets.invoice_key
    union all
    -- Position 0 is the money itself.
    select
        events.money_key, 0 as position, events.effective_date, events.booked_at, events.booked_date,
        -events.amount as amount
    from {{ ref('int_receivable_events') }} as events
    inner join spread on events.money_key = spread.money_key
),

sums as (
    select money_key, position, effective_date, booked_at, booked_date, sum(amount) as amount
    from facts
    group by money_key, position, effective_date, booked_at, booked_date
),

days as (
    select distinct money_key, effective_date from sums
),

positions as (
    select distinct money_key, position from sums
),

news as (
    select distinct money_key, booked_at, booked_date from sums
),

instants as (
    select
        news.*,
        lead(booked_at) over (partition by money_key order by booked_at) as left_at,
        lead(booked_date) over (partition by money_key order by booked_at) as left_on
    from news
),

cells as (
    select
        days.money_key, positions.position, days.effective_date, instants.booked_at, instants.booked_date,
        instants.left_at, instants.left_on, coalesce(sums.amount, 0) as amount
    from days
    inner join instants on days.money_key = instants.money_key
    inner join positions on days.money_key = positions.money_key
    left join sums
        on
            days.money_key = sums.money_key
            and positions.position = sums.position
            and days.effective_date = sums.effective_date
            and instants.booked_at = sums.booked_at
),

known as (
    select
        cells.*,
        sum(amount) over (
            partition by money_key, position, effective_date order by booked_at rows between unbounded preceding and current row
        ) as known_amount
    from cells
),

levels as (
    select
        known.*,
        sum(known_amount) over (
            partition by money_key, position, booked_at order by effective_date rows between unbounded preceding and current row
        ) as level,
        min(case when known_amount <> 0 then effective_date end) over (
            partition by money_key, position, booked_at
        ) as first_date
    from known
),

reached as (
    select
        levels.*,
        max(case when position = 0 then level end) over (
            partition by money_key, effective_date, booked_at
        ) - coalesce(sum(case when position > 0 then greatest(level, 0) end) over (
            partition by money_key, effective_date, booked_at
            order by coalesce(first_date, {{ end_of_time() }}), position
            rows between unbounded preceding and 1 preceding
        ), 0) as left_over
    from levels
),

placed as (
    select
        reached.*,
        case when position > 0 then greatest(0, least(level, left_over)) end as placed
    from reached
),

-- Position 0 becomes what left the money for all invoices together.
left_money as (
    select
        placed.*,
        coalesce(placed, sum(placed) over (partition by money_key, effective_date, booked_at)) as arrived
    from placed
),

steps as (
    select
        left_money.*,
        arrived - lag(arrived, 1, cast(0 as numeric(18, 3))) over (
            partition by money_key, position, booked_at order by effective_date
        ) as step
    from left_money
),

final as (
    select
        steps.money_key, targets.invoice_key, steps.effective_date, steps.booked_at, steps.booked_date, steps.left_at,
        steps.left_on, steps.step
    from steps
    left join targets on steps.money_key = targets.money_key and steps.position = targets.position
    where steps.step <> 0
)

select * from final
