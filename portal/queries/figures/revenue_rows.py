"""Rows of revenue by whom it is of: payments as each line of it counts them, and what is billed by who owes it."""

from __future__ import annotations

from datetime import date

from portal.queries.figures.invoice_rows import BY_WHOM
from portal.queries.figures.kinds import Condition, FigureFilter, Sql, dimension
from portal.queries.figures.ledger_rows import COLLECTED, events

MODELS = ("rpt_revenue_daily", "fct_receivable_events", "fct_invoices", "fct_payments")
SHARE_MODELS = ("rpt_revenue_by_payer",)
# As int_revenue_days counts them: a payment of which something was moved between invoices counts in each line (department,
# doctor, payer) from the day on which that first holds some of it to the day on which it no longer does; any other payment
# where the ledger counts it.
_PAYMENTS = """
    with moved as (
        select distinct payment_key from fct_receivable_events
        where source_table = 'allocations' and payment_key is not null
    ),
    collected as (
        select e.hospital_id, e.payment_key, e.effective_date as day, i.department_key, i.provider_key, p.payer_key,
               case when e.invoice_key is null then p.payer_key else i.payer_key end as invoice_payer_key,
               e.payment_key in (select payment_key from moved) as is_moved, p.payment_id,
               coalesce(i.invoice_id, e.invoice_id) as invoice_id, coalesce(e.patient_id, i.patient_id) as patient_id,
               -e.amount as revenue, e.count_step
        from fct_receivable_events as e
        join dim_hospitals as h on h.hospital_id = e.hospital_id
        left join fct_invoices as i on i.invoice_key = e.invoice_key
        left join fct_payments as p on p.payment_key = e.payment_key
        where e.currency = :currency and e.event_type = 'collected'
          and e.effective_date <= least(cast(:end as date), h.business_date)
    ),
    summed as (
        select hospital_id, payment_key, day, department_key, provider_key, payer_key, invoice_payer_key,
               max(payment_id) as payment_id, max(invoice_id) as invoice_id, max(patient_id) as patient_id,
               sum(revenue) as revenue
        from collected where is_moved
        group by hospital_id, payment_key, day, department_key, provider_key, payer_key, invoice_payer_key
    ),
    held as (
        select summed.*, sum(revenue) over (
                   partition by hospital_id, payment_key, department_key, provider_key, payer_key, invoice_payer_key
                   order by day rows between unbounded preceding and current row
               ) as held_amount
        from summed
    ),
    counted as (
        select hospital_id, day, department_key, provider_key, payer_key, payment_id, invoice_id, patient_id,
               case when held_amount > 0 then 1 else 0 end - case when held_amount - revenue > 0 then 1 else 0 end as amount
        from held
        union all
        select hospital_id, day, department_key, provider_key, payer_key, payment_id, invoice_id, patient_id, count_step
        from collected where is_moved is not true
    )
    select i.hospital_id, i.day, 'collected' as what, i.invoice_id, i.patient_id, i.payment_id,
           case when i.amount < 0 then 'taken back, or moved away' end as detail, i.amount
    from counted as i
    where i.day >= :start and i.amount <> 0"""
# Shares of invoices are fitted inside the warehouse; its mart holds their sums, by day.
_SHARES = """
    select i.hospital_id, i.revenue_date as day, 'billed' as what, null as invoice_id, null as patient_id, null as payment_id,
           'shares of all invoices of the day' as detail, i.{measure} as amount
    from rpt_revenue_by_payer as i
    join dim_hospitals as h on h.hospital_id = i.hospital_id
    where i.currency = :currency and i.basis = 'billed' and i.split = 'payer' and i.revenue_date between :start and :end
      and i.{measure} <> 0"""
_PAYER: dict[str, Condition] = {"payer_id": dimension("payer", "i.payer_key")}


def payments() -> Sql:
    """Return the payments: each once, or, where it is asked by whom they are, each in every line that it is of."""
    plain = events(("collected",), "e.count_step", COLLECTED)

    def sql(asked: FigureFilter, business_date: date) -> str:
        if not asked.conditions:
            return plain(asked, business_date)
        return _PAYMENTS + asked.only(BY_WHOM)

    return sql


def shares(measure: str) -> Sql:
    """Return a ``measure`` of what was billed by who paid or owes it, day by day."""
    statement = _SHARES.format(measure=measure)
    return lambda asked, _: statement + asked.only(_PAYER)
