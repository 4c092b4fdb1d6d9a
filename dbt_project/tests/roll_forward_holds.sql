-- For every hospital, currency and month: opening + billed - collected + refunded - adjusted - written off + recovered
-- = closing. Opening and closing come from the balances, what happens between from the events.
with events as (
    select * from {{ ref('fct_receivable_events') }}
),

movements as (
    select
        hospital_id,
        currency,
        cast({{ dbt.date_trunc('month', 'effective_date') }} as date) as month,
        sum(amount) as movement
    from events
    group by 1, 2, 3
),

steps as (
    select hospital_id, currency, valid_from as step_date, balance as step
    from {{ ref('fct_invoice_balances') }}
    union all
    select hospital_id, currency, valid_to as step_date, -balance as step
    from {{ ref('fct_invoice_balances') }}
    where valid_to < {{ end_of_time() }}
),

balances as (
    select
        hospital_id,
        currency,
        cast({{ dbt.date_trunc('month', 'step_date') }} as date) as month,
        sum(step) as closing_less_opening
    from steps
    group by 1, 2, 3
)

select
    coalesce(movements.hospital_id, balances.hospital_id) as hospital_id,
    coalesce(movements.currency, balances.currency) as currency,
    coalesce(movements.month, balances.month) as month,
    coalesce(movements.movement, 0) as movement,
    coalesce(balances.closing_less_opening, 0) as closing_less_opening
from movements
full outer join balances
    on
        movements.hospital_id = balances.hospital_id
        and movements.currency = balances.currency
        and movements.month = balances.month
where coalesce(movements.movement, 0) <> coalesce(balances.closing_less_opening, 0)
