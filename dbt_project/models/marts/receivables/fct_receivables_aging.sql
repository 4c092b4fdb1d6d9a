-- What is open in each bucket, for every day there ever was, without a row for each invoice and day: a stretch of
-- constant balance is cut at the limits of its buckets, entering one adds to it and leaving it takes away, and the
-- steps of a day add up over the days.
{{ config(indexes=[
    {'columns': ['aging_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'payer_class', 'bucket', 'as_of_date'], 'unique': True},
    {'columns': ['hospital_id', 'as_of_date']},
]) }}

with balances as (
    select * from {{ ref('fct_invoice_balances') }}
),

buckets as (
    select * from {{ ref('dim_aging_buckets') }}
),

pieces as (
    select
        balances.hospital_id,
        balances.currency,
        balances.payer_class,
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
    select hospital_id, currency, payer_class, 'credit', -balance, valid_from, valid_to
    from balances
    where balance < 0
),

steps as (
    select hospital_id, currency, payer_class, bucket, enters_on as as_of_date, amount, 1 as invoice_step
    from pieces
    where enters_on < leaves_on
    union all
    select hospital_id, currency, payer_class, bucket, leaves_on, -amount, -1
    from pieces
    where enters_on < leaves_on and leaves_on < {{ end_of_time() }}
),

days as (
    select
        hospital_id, currency, payer_class, bucket, as_of_date,
        sum(amount) as amount,
        sum(invoice_step) as invoice_step
    from steps
    group by 1, 2, 3, 4, 5
    having sum(amount) <> 0 or sum(invoice_step) <> 0
),

final as (
    select
        {{ daybook_key(["'aging'", "hospital_id", "currency", "payer_class", "bucket", "as_of_date"]) }} as aging_key,
        hospital_id,
        currency,
        payer_class,
        bucket,
        as_of_date,
        sum(amount) over (figure rows between unbounded preceding and current row) as amount,
        cast(sum(invoice_step) over (figure rows between unbounded preceding and current row) as bigint) as invoice_count
    from days
    window figure as (partition by hospital_id, currency, payer_class, bucket order by as_of_date)
)

select * from final
