-- The ledger adds up to the current rows it comes from, for each hospital and kind of event, to the last digit.
with ledger as (
    select hospital_id, event_type, sum(amount) as amount
    from {{ ref('fct_receivable_events') }}
    where event_type <> 'recovered'
    group by hospital_id, event_type
),

rows_of_source as (
    select hospital_id, 'billed' as event_type, total as amount
    from {{ ref('stg_invoices') }}
    where is_receivable
    union all
    select hospital_id, 'collected' as event_type, -amount
    from {{ ref('stg_payments') }}
    where is_collected
    union all
    select hospital_id, 'refunded' as event_type, amount
    from {{ ref('stg_refunds') }}
    union all
    select payments.hospital_id, 'refunded' as event_type, payments.amount
    from {{ ref('stg_payments') }} as payments
    left join {{ ref('stg_refunds') }} as refunds on payments.payment_key = refunds.payment_key
    where payments.status = 'refunded' and payments.refunded_date is not null and refunds.payment_key is null
    union all
    select
        hospital_id,
        case when kind = 'write_off' then 'written_off' else 'adjusted' end as event_type,
        -amount
    from {{ ref('stg_adjustments') }}
    where version_id not in (select postings.version_id from {{ ref('int_write_off_postings') }} as postings)
    union all
    select hospital_id, 'written_off' as event_type, -amount
    from {{ ref('stg_write_off_decisions') }}
),

current_rows as (
    select hospital_id, event_type, sum(amount) as amount
    from rows_of_source
    group by hospital_id, event_type
)

select
    coalesce(ledger.hospital_id, current_rows.hospital_id) as hospital_id,
    coalesce(ledger.event_type, current_rows.event_type) as event_type,
    ledger.amount as in_ledger,
    current_rows.amount as in_raw
from ledger
full outer join current_rows
    on ledger.hospital_id = current_rows.hospital_id and ledger.event_type = current_rows.event_type
where coalesce(ledger.amount, 0) <> coalesce(current_rows.amount, 0)
