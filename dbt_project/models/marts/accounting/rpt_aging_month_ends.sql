-- The buckets at the end of each month, credits on a line of their own: the changes of the stored figures, added up.
{{ config(indexes=[
    {'columns': ['aging_month_key'], 'unique': True},
    {'columns': ['hospital_id', 'currency', 'month']},
]) }}

with months as (
    select * from {{ ref('int_ledger_months') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

buckets as (
    select bucket from {{ ref('dim_aging_buckets') }}
    union all
    select 'credit' as bucket
),

steps as (
    select
        hospital_id,
        currency,
        bucket,
        as_of_date,
        amount - lag(amount, 1, cast(0 as numeric(18, 3))) over figure as step
    from {{ ref('fct_receivables_aging') }}
    window figure as (partition by hospital_id, currency, payer_class, bucket order by as_of_date)
),

changes as (
    select
        steps.hospital_id,
        steps.currency,
        steps.bucket,
        cast({{ dbt.date_trunc('month', 'steps.as_of_date') }} as date) as month,
        sum(steps.step) as change
    from steps
    inner join hospitals on steps.hospital_id = hospitals.hospital_id
    where steps.as_of_date <= hospitals.business_date
    group by 1, 2, 3, 4
),

final as (
    select
        {{ daybook_key([
            "'aging month'", "months.hospital_id", "months.currency", "months.month", "buckets.bucket"
        ]) }} as aging_month_key,
        months.hospital_id,
        months.currency,
        months.month,
        months.as_of_date,
        months.is_partial,
        buckets.bucket,
        coalesce(sum(changes.change) over (
            partition by months.hospital_id, months.currency, buckets.bucket
            order by months.month rows between unbounded preceding and current row
        ), 0.000) as amount
    from months
    cross join buckets
    left join changes
        on
            months.hospital_id = changes.hospital_id
            and months.currency = changes.currency
            and months.month = changes.month
            and buckets.bucket = changes.bucket
)

select * from final
