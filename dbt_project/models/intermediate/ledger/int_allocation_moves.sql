-- Money that moves from where it is to the invoices it is allocated to: events of the money's own kind that cancel out, on
-- the later of the two days and booked at the later of the two instants.
with plain as (
    select * from {{ ref('int_allocation_entries') }} where is_plain
),

levels as (
    select * from {{ ref('int_allocation_levels') }}
),

money as (
    select * from {{ ref('int_allocatable_money') }}
),

invoices as (
    select * from {{ ref('int_invoices') }}
),

-- Both ends of every move: the invoice, or the statement of the money that told where it was then.
plain_moves as (
    select
        plain.money_key, plain.invoice_key, money.home_key,
        greatest(plain.effective_date, plain.available_from) as effective_date,
        greatest(plain.booked_at, plain.known_at) as booked_at,
        greatest(plain.booked_date, plain.known_on) as booked_date,
        plain.amount as moved
    from plain
    inner join money on plain.money_key = money.money_key
    -- What is allocated to the invoice that it is linked to anyway does not move.
    where plain.invoice_key <> coalesce(money.invoice_key, money.former_item_key, money.item_key)
),

level_moves as (
    select
        levels.money_key, levels.invoice_key, money.home_key, levels.effective_date, levels.booked_at,
        levels.booked_date, levels.left_at, levels.left_on, levels.step
    from levels
    inner join money
        on
            levels.money_key = money.money_key
            and levels.booked_at >= money.from_at
            and (money.until_at is null or levels.booked_at < money.until_at)
),

ends as (
    select money_key, invoice_key, {{ null_key() }} as home_key, effective_date, booked_at, booked_date, moved from plain_moves
    union all
    select money_key, {{ null_key() }}, home_key, effective_date, booked_at, booked_date, moved from plain_moves
    union all
    select
        money_key, invoice_key, case when invoice_key is null then home_key end, effective_date, booked_at, booked_date,
        step
    from level_moves
    union all
    select
        money_key, invoice_key, case when invoice_key is null then home_key end, effective_date, left_at, left_on, -step
    from level_moves
    where left_at is not null
),

summed as (
    select money_key, invoice_key, home_key, effective_date, booked_at, booked_date, sum(moved) as moved
    from ends
    group by 1, 2, 3, 4, 5, 6
),

numbered as (
    select
        summed.*,
        row_number() over (partition by money_key, invoice_key, home_key, effective_date order by booked_at) as news_number
    from summed
    where moved <> 0
),

final as (
    select
        {{ daybook_key([
            "'allocation'", "numbered.money_key", "coalesce(numbered.invoice_key, numbered.home_key)",
            "numbered.effective_date", "numbered.news_number"
        ]) }} as event_key,
        money.hospital_id,
        money.currency,
        coalesce(numbered.invoice_key, money.item_key) as item_key,
        case when numbered.invoice_key is null then money.former_item_key end as former_item_key,
        case when numbered.invoice_key is null then money.former_from end as former_from,
        case when numbered.invoice_key is null then greatest(numbered.booked_at, money.linked_at) else numbered.booked_at end
            as linked_at,
        case when numbered.invoice_key is null then greatest(numbered.booked_date, money.linked_on) else numbered.booked_date end
            as linked_on,
        case when numbered.invoice_key is null then money.relinked_at end as relinked_at,
        case when numbered.invoice_key is null then money.relinked_on end as relinked_on,
        case when numbered.invoice_key is null then money.invoice_key else invoices.invoice_key end as invoice_key,
        case
            when numbered.invoice_key is null then money.invoice_id else coalesce(invoices.invoice_id, gone.invoice_id)
        end as invoice_id,
        case
            when numbered.invoice_key is null then money.patient_id else coalesce(invoices.patient_id, gone.patient_id)
        end as patient_id,
        money.payment_key,
        money.money_key,
        money.event_type,
        money.adjustment_kind,
        case when numbered.invoice_key is null then numbered.moved else -numbered.moved end as amount,
        numbered.effective_date,
        numbered.booked_at,
        numbered.booked_date,
        money.source_name,
        numbered.invoice_key is not null as is_arrival
    from numbered
    inner join money
        on
            numbered.money_key = money.money_key
            and ((numbered.home_key is null and money.is_current) or numbered.home_key = money.home_key)
    left join invoices on numbered.invoice_key = invoices.invoice_key
    left join {{ ref('int_invoice_links') }} as gone on numbered.invoice_key = gone.invoice_key
)

select * from final
