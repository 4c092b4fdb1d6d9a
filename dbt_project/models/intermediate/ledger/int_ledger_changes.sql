-- Rows with several versions: each is compared with the one before. What did not change is no news, what changed is taken
-- back (same day, opposite amount) and said anew, both booked when the new version was known. A table: computed once, and the
-- planner knows its size; as a view it took it for one row, and read it again for each row of what it was joined with.
{%- set content = [
    'event_type', 'adjustment_kind', 'amount', 'effective_date', 'due_date', 'currency', 'money_key', 'invoice_key',
    'invoice_id'
] %}

with assertions as (
    select * from {{ ref('int_invoice_assertions') }}
    union all
    select * from {{ ref('int_payment_assertions') }}
    union all
    select * from {{ ref('int_refund_assertions') }}
    union all
    select * from {{ ref('int_adjustment_assertions') }}
    union all
    select * from {{ ref('int_allocation_assertions') }}
),

numbered as (
    select
        assertions.*,
        row_number() over (partition by source_table, row_key, slot order by version_id) as version_number
    from assertions
    where has_history
),

compared as (
    select
        former.row_key is not null
        {% for column in content %}
            and (latter.{{ column }} is not distinct from former.{{ column }})
        {% endfor %}
        -- Events of an invoice carry the patient it has today: another patient is no news about money.
        and (latter.source_table = 'invoices' or (latter.patient_id is not distinct from former.patient_id)) as is_unchanged,
        latter.version_id as booking_version_id,
        latter.known_from as booking_known_from,
        latter.row_key as latter_key,
        latter.version_number as latter_number,
        latter.source_table as latter_table,
        latter.slot as latter_slot
    from numbered as latter
    left join numbered as former
        on
            latter.source_table = former.source_table
            and latter.row_key = former.row_key
            and latter.slot = former.slot
            and latter.version_number = former.version_number + 1
),

-- One row for what a version newly says (step 0), one for what it takes back of the version before (step 1).
changed as (
    select
        numbered.*,
        compared.booking_version_id,
        compared.booking_known_from,
        compared.latter_number > numbered.version_number as is_reversal
    from compared
    inner join numbered
        on
            compared.latter_table = numbered.source_table
            and compared.latter_key = numbered.row_key
            and compared.latter_slot = numbered.slot
            and numbered.version_number in (compared.latter_number, compared.latter_number - 1)
    where not compared.is_unchanged and numbered.amount is not null
)

select
    source_table, slot, row_key, hospital_id, source_name, event_type, adjustment_kind,
    case when is_reversal then -amount else amount end as amount,
    effective_date, stated_at, due_date, currency, money_key, invoice_key, invoice_id, payment_key, patient_id,
    case when is_reversal then -count_step else count_step end as count_step,
    is_first_load and not is_reversal as is_first_load,
    booking_version_id as version_id,
    booking_known_from as known_from,
    is_reversal
from changed
