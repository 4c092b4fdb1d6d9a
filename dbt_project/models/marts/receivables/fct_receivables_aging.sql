-- What is open in each bucket, for every day there ever was, without a row for each invoice and day: a stretch of
-- constant balance is cut at the limits of its buckets, entering one adds to it and leaving it takes away, and the
-- steps of a day add up over the days.
{{ config(indexes=[
    {'columns': ['aging_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'payer_class', 'bucket', 'as_of_date'], 'unique': True},
    {'columns': ['hospital_id', 'as_of_date']},
]) }}

with buckets as (
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
    from {{ ref('fct_invoice_balances') }} as balances
    cross join buckets
    where balances.balance > 0
    union all
    select hospital_id, currency, payer_class, 'credit', -balance, valid_from, valid_to
    from {{ ref('fct_invoice_balances') }}
    where balance < 0
),

ends as (
    select 1 as sign
    union all
    select -1 as sign
),

steps as (
    select
        pieces.hospital_id,
        pieces.currency,
        pieces.payer_class,
        pieces.bucket,
        case when ends.sign = 1 then pieces.enters_on else pieces.leaves_on end as as_of_date,
        ends.sign * pieces.amount as amount,
        ends.sign as invoice_step
    from pieces
    cross join ends
    where
        pieces.enters_on < pieces.leaves_on
        and (ends.sign = 1 or pieces.leaves_on < {{ end_of_time() }})
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
