-- Stretches of one item follow each other without overlap.
with ordered as (
    select
        balance_key,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by item_key, currency, invoice_id, patient_id, instalment_no order by valid_from
        ) as next_from
    from {{ ref('fct_invoice_balances') }}
)

select *
from ordered
where valid_from >= valid_to or next_from < valid_to
