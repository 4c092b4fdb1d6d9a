with decisions as (
    select * from {{ source('portal', 'write_off_decisions') }}
),

contained as (
    select decision_id from {{ source('ops', 'build_decisions') }}
    where
        build_id in (
            select builds.build_id from {{ source('ops', 'builds') }} as builds where builds.state = 'building'
        )
)

select
    {{ daybook_key(["'write-off decision'", "decision_id"]) }} as decision_key,
    decision_id,
    kind,
    reversed_decision_id,
    'DAYBOOK-WO-' || cast(write_off_id as {{ dbt.type_string() }}) as reference,
    hospital_id,
    source_name,
    {{ daybook_key(["'invoice'", "source_name", "hospital_id", "invoice_id"]) }} as invoice_key,
    invoice_id,
    patient_id,
    currency,
    -- Positive lowers the balance, as in adjustments.
    case when kind = 'reversal' then -amount else amount end as amount,
    category,
    'user ' || cast(requested_by as {{ dbt.type_string() }}) as requested_by,
    'user ' || cast(approved_by as {{ dbt.type_string() }}) as approved_by,
    decided_at,
    effective_date,
    shown_at
from decisions
where decision_id in (select contained.decision_id from contained)
