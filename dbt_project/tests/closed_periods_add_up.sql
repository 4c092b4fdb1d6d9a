-- A closed month shows what was issued, to the last digit, and what came after explains where it stands today: issued + changes
-- = what the events of the ledger add up to, figure by figure.
with closes as (
    select * from {{ ref('stg_period_closes') }}
),

issued as (
    select closes.close_id, figures.currency, figures.figure, figures.amount
    from closes
    inner join {{ ref('stg_period_close_figures') }} as figures on closes.close_id = figures.close_id
),

-- Cents of each figure and the cents that it should be.
compared as (
    select close_id, currency, figure || ' as issued' as finding, amount as wanted, 0 as found
    from issued
    union all
    select close_id, currency, figure || ' as issued', 0, issued_amount from {{ ref('fct_closed_periods') }}
    union all
    select closes.close_id, figures.currency, figures.figure || ' today', figures.amount, 0
    from closes
    inner join {{ ref('rpt_period_figures') }} as figures
        on closes.hospital_id = figures.hospital_id and closes.month = figures.month
    union all
    select close_id, currency, figure || ' today', 0, current_amount from {{ ref('fct_closed_periods') }}
    union all
    select close_id, currency, figure || ' explained', {{ balance_sign('figure') }} * -amount, 0
    from issued
    where {{ balance_sign('figure') }} is not null
    union all
    select close_id, currency, figure || ' explained', 0, amount from {{ ref('rpt_changes_after_close') }}
    {% for figure in roll_forward_figures()[1:7] %}
        union all
        select
            closes.close_id, movements.currency, '{{ figure }} explained',
            {{ balance_sign("'" ~ figure ~ "'") }} * {{ figure }}, 0
        from closes
        inner join {{ ref('int_monthly_movements') }} as movements
            on closes.hospital_id = movements.hospital_id and closes.month = movements.month
    {% endfor %}
    union all
    select closes.close_id, movements.currency, 'opening explained', movements.movement, 0
    from closes
    inner join {{ ref('int_monthly_movements') }} as movements
        on closes.hospital_id = movements.hospital_id and closes.month > movements.month
),

differing as (
    select close_id, currency, finding
    from compared
    group by close_id, currency, finding
    having sum(wanted) <> sum(found)
),

-- Every event that is listed is one of the ledger, with its own amount.
strange as (
    select changes.close_id, changes.currency, 'not of the ledger' as finding
    from {{ ref('rpt_changes_after_close') }} as changes
    left join {{ ref('fct_receivable_events') }} as events on changes.event_key = events.event_key
    where
        changes.kind = 'event'
        and (events.event_key is null or events.amount <> changes.amount or events.currency <> changes.currency)
)

select * from differing
union all
select * from strange
