-- Month by month, from what was owed to what is owed: net of credits, as the ledger has it, and beside it the receivables
-- and the credits of the month's end, which are never netted into each other.
{{ config(indexes=[
    {'columns': ['roll_forward_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'month']},
]) }}

with months as (
    select * from {{ ref('int_ledger_months') }}
),

movements as (
    select * from {{ ref('int_monthly_movements') }}
),

month_ends as (
    select
        hospital_id,
        currency,
        month,
        sum(case when bucket <> 'credit' then amount else 0 end) as receivables,
        sum(case when bucket = 'credit' then amount else 0 end) as credits
    from {{ ref('rpt_aging_month_ends') }}
    group by hospital_id, currency, month
),

running as (
    select
        months.*,
        coalesce(movements.billed, 0.000) as billed,
        coalesce(movements.collected, 0.000) as collected,
        coalesce(movements.refunded, 0.000) as refunded,
        coalesce(movements.adjusted, 0.000) as adjusted,
        coalesce(movements.written_off, 0.000) as written_off,
        coalesce(movements.recovered, 0.000) as recovered,
        coalesce(movements.movement, 0.000) as movement,
        coalesce(sum(movements.movement) over (
            partition by months.hospital_id, months.currency
            order by months.month rows between unbounded preceding and current row
        ), 0.000) as closing
    from months
    left join movements
        on
            months.hospital_id = movements.hospital_id
            and months.currency = movements.currency
            and months.month = movements.month
),

final as (
    select
        {{ daybook_key(["'roll forward'", "running.hospital_id", "running.currency", "running.month"]) }}
            as roll_forward_key,
        running.hospital_id,
        running.currency,
        running.month,
        running.as_of_date,
        running.is_partial,
        running.closing - running.movement as opening,
        running.billed,
        running.collected,
        running.refunded,
        running.adjusted,
        running.written_off,
        running.recovered,
        running.closing,
        month_ends.receivables as receivables_closing,
        month_ends.credits as credits_closing
    from running
    inner join month_ends
        on
            running.hospital_id = month_ends.hospital_id
            and running.currency = month_ends.currency
            and running.month = month_ends.month
)

select * from final
