-- Money in and money back, by day and method. A refund counts on its own day, under the method of its payment.
{{ config(indexes=[
    {'columns': ['cash_receipt_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'receipt_date']},
]) }}

with events as (
    select * from {{ ref('fct_receivable_events') }}
),

payments as (
    select * from {{ ref('int_payments') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

days as (
    select
        events.hospital_id,
        events.currency,
        events.effective_date as receipt_date,
        coalesce(nullif(trim(payments.method), ''), 'unknown') as method,
        sum(case when events.event_type = 'collected' then -events.amount else 0.000 end) as received,
        sum(case when events.event_type = 'collected' then events.count_step else 0 end) as payment_count,
        sum(case when events.event_type = 'refunded' then events.amount else 0.000 end) as refunded
    from events
    inner join hospitals on events.hospital_id = hospitals.hospital_id
    left join payments on events.payment_key = payments.payment_key
    where
        events.event_type in ('collected', 'refunded')
        and events.effective_date <= hospitals.business_date
    group by 1, 2, 3, 4
),

final as (
    select
        {{ daybook_key(["'cash receipt'", "hospital_id", "currency", "receipt_date", "method"]) }} as cash_receipt_key,
        hospital_id,
        currency,
        receipt_date,
        method,
        received,
        cast(payment_count as bigint) as payment_count,
        refunded,
        received - refunded as net
    from days
    -- What was taken back again leaves no line.
    where received <> 0 or payment_count <> 0 or refunded <> 0
)

select * from final
