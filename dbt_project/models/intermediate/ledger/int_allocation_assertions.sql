{{ config(materialized='view') }}

-- What each version of an allocation says: so much of a payment's (or adjustment's) money belongs to an invoice from its
-- day on. It is not an event of the ledger yet: int_allocation_moves tells how much of it there is to place.
with versions as (
    select * from {{ ref('stg_allocation_versions') }}
),

final as (
    select
        'allocations' as source_table,
        'allocation' as slot,
        version_id,
        has_history,
        is_first_load,
        known_from,
        row_key,
        hospital_id,
        source_name,
        'allocated' as event_type,
        cast(null as {{ dbt.type_string() }}) as adjustment_kind,
        case when not is_deleted then amount end as amount,
        allocated_date as effective_date,
        {{ null_instant() }} as stated_at,
        cast(null as date) as due_date,
        cast(null as {{ dbt.type_string() }}) as currency,
        money_key,
        invoice_key,
        invoice_id,
        {{ null_key() }} as payment_key,
        cast(null as {{ dbt.type_string() }}) as patient_id,
        0 as count_step
    from versions
)

select * from final
