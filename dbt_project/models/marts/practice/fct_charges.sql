-- Every charge line. A reversal takes back a line of the same case, code and amount (units, where nothing was billed): the
-- first such line takes back the one posted first. A reversal without its line lowers the money only.
{{ config(indexes=[
    {'columns': ['charge_key'], 'unique': True},
    {'columns': ['hospital_id', 'case_date']},
    {'columns': ['hospital_id', 'ticket_number']},
    {'columns': ['case_key']},
]) }}

with charges as (
    select * from {{ ref('stg_charges') }}
),

hospitals as (
    select * from {{ ref('int_hospitals') }}
),

placed as (
    select charges.*, hospitals.currency
    from charges
    inner join hospitals on charges.hospital_id = hospitals.hospital_id
),

keyed as (
    select
        {{ daybook_key(["'charge'", "source_name", "hospital_id", "charge_id"]) }} as charge_key,
        {{ daybook_key([
            "'case'", "source_name", "hospital_id", "provider_id", "ticket_number", "case_date",
        ]) }} as case_key,
        {{ daybook_key(["'provider'", "source_name", "hospital_id", "provider_id"]) }} as provider_key,
        placed.*,
        coalesce(billed_amount, 0) < 0 or (coalesce(billed_amount, 0) = 0 and coalesce(units, 0) < 0) as is_reversal,
        abs(coalesce(billed_amount, 0)) as matched_amount,
        case when coalesce(billed_amount, 0) = 0 then abs(coalesce(units, 0)) else 0 end as matched_units
    from placed
),

reversals as (
    select
        case_key, cpt_code, matched_amount, matched_units,
        count(*) as reversal_count
    from keyed
    where is_reversal
    group by case_key, cpt_code, matched_amount, matched_units
),

candidates as (
    select
        keyed.charge_key,
        reversals.reversal_count,
        row_number() over (
            partition by keyed.case_key, keyed.cpt_code, keyed.matched_amount, keyed.matched_units
            order by coalesce(keyed.posted_date, {{ end_of_time() }}), keyed.charge_id
        ) as place
    from keyed
    inner join reversals
        on
            keyed.case_key = reversals.case_key
            and keyed.cpt_code = reversals.cpt_code
            and keyed.matched_amount = reversals.matched_amount
            and keyed.matched_units = reversals.matched_units
    where not keyed.is_reversal
),

reversed as (
    select charge_key from candidates where place <= reversal_count
),

final as (
    select
        keyed.charge_key,
        keyed.hospital_id,
        keyed.source_name,
        keyed.charge_id,
        keyed.case_key,
        keyed.provider_key,
        keyed.ticket_number,
        keyed.case_date,
        keyed.posted_date,
        keyed.cpt_code,
        keyed.modifiers,
        keyed.units,
        keyed.minutes,
        keyed.billed_amount as billed,
        keyed.paid_amount as paid,
        keyed.currency,
        keyed.is_reversal,
        reversed.charge_key is not null as is_reversed
    from keyed
    left join reversed on keyed.charge_key = reversed.charge_key
)

select * from final
