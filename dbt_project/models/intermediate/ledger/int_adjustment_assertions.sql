{{ config(materialized='view') }}

-- What each version of an adjustment says about a balance: a positive amount lowers it. The billing system's posting of a
-- write-off that was decided here says nothing: the decision counts.
with versions as (
    select
        adjustments.*,
        postings.version_id is not null as is_posting
    from {{ ref('stg_adjustment_versions') }} as adjustments
    left join {{ ref('int_write_off_postings') }} as postings on adjustments.version_id = postings.version_id
),

final as (
    select
        'adjustments' as source_table,
        'adjustment' as slot,
        version_id,
        has_history,
        is_first_load,
        known_from,
        row_key,
        hospital_id,
        source_name,
        case when kind = 'write_off' then 'written_off' else 'adjusted' end as event_type,
        coalesce(kind, 'other') as adjustment_kind,
        case when not is_deleted and not is_posting then -amount end as amount,
        adjustment_date as effective_date,
        {{ null_instant() }} as stated_at,
        cast(null as date) as due_date,
        cast(null as {{ dbt.type_string() }}) as currency,
        row_key as money_key,
        invoice_key,
        invoice_id,
        {{ null_key() }} as payment_key,
        patient_id,
        0 as count_step
    from versions
)

select * from final
