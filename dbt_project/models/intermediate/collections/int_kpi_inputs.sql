-- What the key figures of a month are made of, side by side. Months without any of it are present.
with months as (
    select * from {{ ref('int_ledger_months') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

movements as (
    select * from {{ ref('int_monthly_movements') }}
),

windows as (
    select * from {{ ref('int_net_billed_windows') }}
),

delays as (
    select * from {{ ref('int_payment_delays') }}
),

buckets as (
    select * from {{ ref('dim_aging_buckets') }}
),

collections as (
    select
        hospital_id,
        currency,
        cast({{ dbt.date_trunc('month', 'invoice_date') }} as date) as month,
        sum(billed) as billed,
        sum(applied) as applied,
        sum(contractual) as contractual
    from {{ ref('rpt_collections_daily') }}
    group by 1, 2, 3
),

claims as (
    select
        hospital_id,
        currency,
        claim_month,
        sum(adjudicated_count) as adjudicated_count,
        sum(denied_count) as denied_count,
        sum(adjudicated_amount) as adjudicated_amount,
        sum(denied_amount) as denied_amount,
        sum(clean_known_count) as clean_known_count,
        sum(clean_count) as clean_count
    from {{ ref('rpt_claims_monthly') }}
    group by 1, 2, 3
),

receivables as (
    select
        aging.hospital_id,
        aging.currency,
        aging.month,
        sum(case when buckets.bucket is not null then aging.amount else 0 end) as receivables,
        sum(case when buckets.bucket is not null and buckets.to_days is null then aging.amount else 0 end) as over_90,
        sum(case when aging.bucket = 'credit' then aging.amount else 0 end) as credits
    from {{ ref('rpt_aging_month_ends') }} as aging
    left join buckets on aging.bucket = buckets.bucket
    group by 1, 2, 3
),

-- Costs are in the hospital's own currency.
costs as (
    select
        operating_costs.hospital_id,
        hospitals.currency,
        cast({{ dbt.date_trunc('month', 'operating_costs.month') }} as date) as month,
        sum(operating_costs.amount) as costs
    from {{ ref('stg_operating_costs') }} as operating_costs
    inner join hospitals on operating_costs.hospital_id = hospitals.hospital_id
    group by 1, 2, 3
),

final as (
    select
        months.hospital_id,
        months.currency,
        months.month,
        months.as_of_date,
        months.is_partial,
        coalesce(collections.billed, 0.000) as billed,
        coalesce(collections.applied, 0.000) as applied,
        coalesce(collections.billed - collections.contractual, 0.000) as net_billed,
        coalesce(claims.adjudicated_count, 0) as adjudicated_count,
        coalesce(claims.denied_count, 0) as denied_count,
        coalesce(claims.adjudicated_amount, 0.000) as adjudicated_amount,
        coalesce(claims.denied_amount, 0.000) as denied_amount,
        coalesce(claims.clean_known_count, 0) as clean_known_count,
        coalesce(claims.clean_count, 0) as clean_count,
        receivables.receivables,
        receivables.over_90,
        receivables.credits,
        windows.window_days,
        coalesce(windows.is_short_window, false) as is_short_window,
        coalesce(windows.net_billed, 0.000) as window_net_billed,
        costs.costs,
        coalesce(movements.collected, 0.000) as collected,
        coalesce(delays.payment_count, 0) as payment_count,
        coalesce(delays.payment_days, 0) as payment_days,
        coalesce(delays.amount, 0.000) as paid_amount,
        coalesce(delays.amount_days, 0.000) as paid_amount_days
    from months
    inner join receivables
        on
            months.hospital_id = receivables.hospital_id
            and months.currency = receivables.currency
            and months.month = receivables.month
    left join collections
        on
            months.hospital_id = collections.hospital_id
            and months.currency = collections.currency
            and months.month = collections.month
    left join claims
        on
            months.hospital_id = claims.hospital_id
            and months.currency = claims.currency
            and months.month = claims.claim_month
    left join windows
        on
            months.hospital_id = windows.hospital_id
            and months.currency = windows.currency
            and months.month = windows.month
    left join costs
        on
            months.hospital_id = costs.hospital_id
            and months.currency = costs.currency
            and months.month = costs.month
    left join movements
        on
            months.hospital_id = movements.hospital_id
            and months.currency = movements.currency
            and months.month = movements.month
    left join delays
        on
            months.hospital_id = delays.hospital_id
            and months.currency = delays.currency
            and months.month = delays.month
)

select * from final
