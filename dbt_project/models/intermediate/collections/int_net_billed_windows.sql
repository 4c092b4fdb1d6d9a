-- What was billed in the 90 days up to each end of month (and the business date), less contractual adjustments, credit
-- notes and discounts of those days. Younger than that, a hospital has the days since its first bill.
{%- set days = 90 %}

with months as (
    select * from {{ ref('int_ledger_months') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

billed_days as (
    select
        events.hospital_id,
        events.currency,
        events.effective_date as billed_on,
        sum(events.amount) as net_billed,
        max(case when events.event_type = 'billed' then 1 else 0 end) as has_bill
    from {{ ref('fct_receivable_events') }} as events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    where
        events.effective_date <= hospitals.business_date
        and (
            events.event_type = 'billed'
            or events.event_type = 'adjusted' and events.adjustment_kind in ('contractual', 'credit_note', 'discount')
        )
    group by 1, 2, 3
),

first_bills as (
    select hospital_id, currency, min(billed_on) as first_billed_on
    from billed_days
    where has_bill = 1
    group by 1, 2
),

windows as (
    select
        months.hospital_id,
        months.currency,
        months.month,
        months.as_of_date,
        greatest({{ add_days('months.as_of_date', 1 - days) }}, first_bills.first_billed_on) as first_day
    from months
    inner join first_bills
        on months.hospital_id = first_bills.hospital_id and months.currency = first_bills.currency
    where first_bills.first_billed_on <= months.as_of_date
),

final as (
    select
        windows.hospital_id,
        windows.currency,
        windows.month,
        cast({{ days_between('windows.first_day', 'windows.as_of_date') }} + 1 as integer) as window_days,
        {{ days_between('windows.first_day', 'windows.as_of_date') }} + 1 < {{ days }} as is_short_window,
        coalesce(sum(billed_days.net_billed), 0.000) as net_billed
    from windows
    left join billed_days
        on
            windows.hospital_id = billed_days.hospital_id
            and windows.currency = billed_days.currency
            and windows.first_day <= billed_days.billed_on
            and windows.as_of_date >= billed_days.billed_on
    group by 1, 2, 3, 4, 5
)

select * from final
