-- Closed months: each figure as issued, as it is known today, and the difference. A figure that did not exist when the month was
-- closed (a new currency) counts as 0 then, one that is gone as 0 today.
{{ config(indexes=[
    {'columns': ['closed_period_key'], 'unique': True},
    {'columns': ['hospital_id', 'month']},
]) }}

with closes as (
    select * from {{ ref('stg_period_closes') }}
),

issued as (
    select closes.close_id, figures.currency, figures.figure, figures.amount
    from closes
    inner join {{ ref('stg_period_close_figures') }} as figures on closes.close_id = figures.close_id
),

known_today as (
    select closes.close_id, figures.currency, figures.figure, figures.amount
    from closes
    inner join {{ ref('rpt_period_figures') }} as figures
        on closes.hospital_id = figures.hospital_id and closes.month = figures.month
),

compared as (
    select
        coalesce(issued.close_id, known_today.close_id) as close_id,
        coalesce(issued.currency, known_today.currency) as currency,
        coalesce(issued.figure, known_today.figure) as figure,
        coalesce(issued.amount, 0.000) as issued_amount,
        coalesce(known_today.amount, 0.000) as current_amount
    from issued
    full outer join known_today
        on
            issued.close_id = known_today.close_id
            and issued.currency = known_today.currency
            and issued.figure = known_today.figure
),

final as (
    select
        {{ daybook_key(["'closed period'", "compared.close_id", "compared.currency", "compared.figure"]) }}
            as closed_period_key,
        closes.hospital_id,
        closes.close_id,
        closes.month,
        compared.currency,
        compared.figure,
        compared.issued_amount,
        compared.current_amount,
        compared.current_amount - compared.issued_amount as difference,
        closes.closed_at,
        closes.closed_by,
        closes.build_id,
        closes.known_at
    from compared
    inner join closes on compared.close_id = closes.close_id
)

select * from final
