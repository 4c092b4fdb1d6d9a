-- Each month: opening + billed - collected + refunded - adjusted - written off + recovered = closing = receivables - credits,
-- it opens as the one before it closed, which is the month before; the last is the business date's; each figure is the
-- ledger's, to the last digit.
{%- set signs = [
    ('billed', 1), ('collected', -1), ('refunded', 1), ('adjusted', -1), ('written_off', -1), ('recovered', 1)
] %}

with months as (
    select
        roll_forward.*,
        lag(roll_forward.closing, 1, cast(0 as numeric(18, 3))) over (
            partition by roll_forward.hospital_id, roll_forward.currency order by roll_forward.month
        ) as former_closing,
        lag(roll_forward.month) over (
            partition by roll_forward.hospital_id, roll_forward.currency order by roll_forward.month
        ) as former_month
    from {{ ref('rpt_roll_forward') }} as roll_forward
),

broken as (
    select hospital_id, currency, month, 'identity' as finding
    from months
    where
        closing <> opening + billed - collected + refunded - adjusted - written_off + recovered
        or closing <> receivables_closing - credits_closing
        or opening <> former_closing
        or month <> cast({{ dbt.dateadd('month', 1, 'former_month') }} as date)
),

unfinished as (
    select months.hospital_id, months.currency, max(months.month) as month, 'last month' as finding
    from months
    inner join {{ ref('dim_hospitals') }} as hospitals on months.hospital_id = hospitals.hospital_id
    group by months.hospital_id, months.currency, hospitals.business_date
    having max(months.month) <> cast({{ dbt.date_trunc('month', 'hospitals.business_date') }} as date)
),

events as (
    select events.*, cast({{ dbt.date_trunc('month', 'events.effective_date') }} as date) as month
    from {{ ref('fct_receivable_events') }} as events
    inner join {{ ref('dim_hospitals') }} as hospitals on events.hospital_id = hospitals.hospital_id
    where events.effective_date <= hospitals.business_date
),

figures as (
    select hospital_id, currency, month, event_type as figure, amount as in_ledger, 0 as in_mart from events
    {% for figure, sign in signs %}
        union all
        select hospital_id, currency, month, '{{ figure }}' as figure, 0 as in_ledger, {{ sign }} * {{ figure }} as in_mart
        from months
    {% endfor %}
),

differing as (
    select hospital_id, currency, month, figure as finding
    from figures
    group by hospital_id, currency, month, figure
    having sum(in_ledger) <> sum(in_mart)
)

select * from broken
union all
select * from unfinished
union all
select * from differing
