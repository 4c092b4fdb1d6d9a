-- How much of a bucket at the end of a month stands in the next older one at the end of the following month. Buckets of 30
-- days and months differ by a day or two, and money that arrives late in a bucket counts: a rate may be above 100.
{{ config(indexes=[
    {'columns': ['roll_rate_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'month']},
]) }}

with month_ends as (
    select * from {{ ref('rpt_aging_month_ends') }}
),

buckets as (
    select
        bucket,
        lead(bucket) over (order by sort_order) as next_bucket
    from {{ ref('dim_aging_buckets') }}
),

joined as (
    select
        starts.hospital_id,
        starts.currency,
        ends.month,
        ends.as_of_date,
        ends.is_partial,
        starts.bucket as from_bucket,
        ends.bucket as to_bucket,
        starts.amount as opening_amount,
        ends.amount as rolled_amount
    from month_ends as starts
    inner join buckets on starts.bucket = buckets.bucket
    inner join month_ends as ends
        on
            starts.hospital_id = ends.hospital_id
            and starts.currency = ends.currency
            and buckets.next_bucket = ends.bucket
            and ends.month = cast({{ dbt.dateadd('month', 1, 'starts.month') }} as date)
),

final as (
    select
        {{ daybook_key(["'roll rate'", "hospital_id", "currency", "month", "from_bucket"]) }} as roll_rate_key,
        hospital_id,
        currency,
        month,
        as_of_date,
        is_partial,
        from_bucket,
        to_bucket,
        opening_amount,
        rolled_amount,
        cast(coalesce(round(100 * rolled_amount / nullif(opening_amount, 0), 2), 0) as numeric(18, 3)) as roll_rate
    from joined
)

select * from final
