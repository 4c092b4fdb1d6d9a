-- One row for each hospital, day and currency on which something was collected, refunded or billed. Received is what was
-- paid in, refunds stand beside it; nothing after the business date counts.
{{ config(
    indexes=[
        {'columns': ['id'], 'unique': True},
        {'columns': ['hospital_id', 'currency', 'date_key'], 'unique': True},
    ],
    post_hook=[
        "{{ named_index('idx_revenue_metrics_date', ['date_key']) }}",
        "{{ named_index('idx_revenue_metrics_created', ['created_at']) }}",
    ],
) }}

with events as (
    select * from {{ ref('fct_receivable_events') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

days as (
    select
        events.hospital_id,
        events.effective_date as date_key,
        events.currency,
        sum(case when events.event_type = 'collected' then -events.amount else 0.000 end) as total_revenue,
        sum(case when events.event_type = 'collected' then events.count_step else 0 end) as payment_count,
        sum(case when events.event_type = 'refunded' then events.amount else 0.000 end) as refunded_amount,
        sum(case when events.event_type = 'billed' then events.amount else 0.000 end) as billed_amount,
        sum(case when events.event_type = 'billed' then events.count_step else 0 end) as invoice_count,
        min(events.booked_at) as created_at,
        max(events.booked_at) as updated_at
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    where
        events.event_type in ('collected', 'refunded', 'billed')
        and events.effective_date <= hospitals.business_date
    group by events.hospital_id, events.effective_date, events.currency
),

final as (
    select
        {{ daybook_key(["'revenue'", "hospital_id", "date_key", "currency"]) }} as id,
        date_key,
        hospital_id,
        currency,
        total_revenue,
        cast(payment_count as bigint) as payment_count,
        coalesce(round(total_revenue / nullif(payment_count, 0), 3), 0.000) as average_payment,
        refunded_amount,
        total_revenue - refunded_amount as net_revenue,
        billed_amount,
        cast(invoice_count as bigint) as invoice_count,
        created_at,
        updated_at
    from days
    -- A day on which everything was taken back again had no activity.
    where
        total_revenue <> 0 or payment_count <> 0 or invoice_count <> 0 or refunded_amount <> 0 or billed_amount <> 0
)

select * from final
