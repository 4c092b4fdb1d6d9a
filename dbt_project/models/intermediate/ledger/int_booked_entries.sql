{{ config(materialized='view') }}

-- Entries with the instant at which we knew them and the hospital's local day of it.
with entries as (
    select * from {{ ref('int_ledger_entries') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

booked as (
    select
        entries.*,
        hospitals.timezone,
        hospitals.currency as hospital_currency,
        {{ booked_at(
            'entries.is_first_load', 'entries.stated_at', 'entries.effective_date', 'entries.known_from', 'hospitals.timezone'
        ) }} as booked_at
    from entries
    inner join hospitals on entries.hospital_id = hospitals.hospital_id
),

final as (
    select
        booked.*,
        {{ local_date('booked.booked_at', 'booked.timezone') }} as booked_date
    from booked
)

select * from final
