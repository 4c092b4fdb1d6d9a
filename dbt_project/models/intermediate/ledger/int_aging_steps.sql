-- What enters and leaves each bucket on which day: a stretch of constant balance is cut at the limits of its buckets,
-- entering one adds to it and leaving it takes away. `outstanding` is all buckets together. An invoice counts once in a
-- bucket and once in all, however many of its instalments are there.
with buckets as (
    select bucket, from_days, to_days from {{ ref('dim_aging_buckets') }}
    union all
    select 'outstanding' as bucket, null as from_days, null as to_days
),

balances as (
    select * from {{ ref('fct_invoice_balances') }}
),

pieces as (
    select
        balances.item_key,
        balances.is_instalment,
        balances.hospital_id,
        balances.currency,
        balances.payer_class,
        balances.department_key,
        balances.provider_key,
        buckets.bucket,
        balances.balance as amount,
        case
            when buckets.from_days is null then balances.valid_from
            else greatest(balances.valid_from, {{ add_days('balances.aging_date', 'buckets.from_days') }})
        end as enters_on,
        case
            when buckets.to_days is null then balances.valid_to
            else least(balances.valid_to, {{ add_days('balances.aging_date', 'buckets.to_days + 1') }})
        end as leaves_on
    from balances
    cross join buckets
    where balances.balance > 0
    union all
    select
        item_key, is_instalment, hospital_id, currency, payer_class, department_key, provider_key, 'credit' as bucket,
        -balance as amount, valid_from as enters_on, valid_to as leaves_on
    from balances
    where balance < 0
),

ends as (
    select 1 as sign
    union all
    select -1 as sign
),

steps as (
    select
        pieces.*,
        case when ends.sign = 1 then pieces.enters_on else pieces.leaves_on end as step_date,
        ends.sign
    from pieces
    cross join ends
    where
        pieces.enters_on < pieces.leaves_on
        and (ends.sign = 1 or pieces.leaves_on < {{ end_of_time() }})
),

-- Of an invoice with instalments only the first line to enter a bucket and the last to leave it count.
lines as (
    select
        item_key, hospital_id, currency, payer_class, department_key, provider_key, bucket, step_date,
        sum(sign * amount) as amount,
        sum(sum(sign)) over (
            partition by item_key, currency, payer_class, bucket order by step_date
            rows between unbounded preceding and current row
        ) as line_count,
        sum(sign) as line_step
    from steps
    where is_instalment
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

all_steps as (
    select
        hospital_id, currency, payer_class, department_key, provider_key, bucket, step_date,
        sign * amount as amount,
        sign as invoice_step
    from steps
    where not is_instalment
    union all
    select
        hospital_id, currency, payer_class, department_key, provider_key, bucket, step_date,
        amount,
        case when line_count > 0 then 1 else 0 end - case when line_count > line_step then 1 else 0 end as invoice_step
    from lines
),

final as (
    select
        hospital_id, currency, payer_class, department_key, provider_key, bucket, step_date,
        sum(amount) as amount,
        sum(invoice_step) as invoice_step
    from all_steps
    group by 1, 2, 3, 4, 5, 6, 7
    having sum(amount) <> 0 or sum(invoice_step) <> 0
)

select * from final
