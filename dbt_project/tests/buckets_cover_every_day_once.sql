-- Every whole number of days overdue falls in exactly one bucket: each begins the day after the one before ends.
with buckets as (
    select
        bucket,
        from_days,
        lag(to_days) over (order by sort_order) as former_to_days,
        lead(sort_order) over (order by sort_order) as next_order,
        to_days,
        sort_order
    from {{ ref('dim_aging_buckets') }}
)

select *
from buckets
where
    (sort_order > 1 and (from_days is null or former_to_days is null or from_days <> former_to_days + 1))
    or (sort_order = 1 and from_days is not null)
    or (next_order is null and to_days is not null)
