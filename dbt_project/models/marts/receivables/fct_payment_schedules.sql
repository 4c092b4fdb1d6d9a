-- Every instalment that was ever agreed, with the days between which we knew of it: what falls due when, as known on any
-- day, of invoices that are gone too. The first load of a source was known ever since.
{{ config(indexes=[
    {'columns': ['schedule_key'], 'unique': True},
    {'columns': ['hospital_id', 'invoice_key']},
]) }}

with versions as (
    select * from {{ ref('stg_payment_schedule_versions') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

dated as (
    select
        versions.*,
        case
            when versions.is_first_load then cast('0001-01-01' as date)
            else {{ local_date('versions.known_from', 'hospitals.timezone') }}
        end as known_from_date,
        {{ local_date('versions.known_from', 'hospitals.timezone') }} as landed_on
    from versions
    inner join hospitals on versions.hospital_id = hospitals.hospital_id
),

followed as (
    select
        dated.*,
        lead(landed_on, 1, {{ end_of_time() }}) over (partition by row_key order by version_id) as known_to_date
    from dated
),

final as (
    select
        {{ daybook_key(["'schedule'", "followed.version_id"]) }} as schedule_key,
        followed.hospital_id,
        followed.invoice_key,
        followed.due_date,
        followed.amount,
        followed.known_from_date,
        followed.known_to_date
    from followed
    where not followed.is_deleted and followed.known_from_date < followed.known_to_date
)

select * from final
