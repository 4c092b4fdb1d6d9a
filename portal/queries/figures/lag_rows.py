"""Rows of the lag triangle: of each invoice of a month, what had been applied to it so many months later."""

from __future__ import annotations

from datetime import date

from portal.queries.figures.kinds import FigureFilter, Sql

MODELS = ("fct_collection_lag", "fct_receivable_events", "fct_invoices", "fct_invoice_balances")
_COHORT = """
    cohort as (
        select i.invoice_key, i.hospital_id, i.invoice_id, i.patient_id, i.invoice_date, i.status, i.billed,
               least(h.business_date,
                     (cast(:billed_month as date) + (:months_since + 1) * interval '1 month')::date - 1) as last_day,
               h.business_date
        from fct_invoices as i
        join dim_hospitals as h on h.hospital_id = i.hospital_id
        where i.currency = :currency and i.invoice_date <= h.business_date
          and i.invoice_date >= cast(:billed_month as date)
          and i.invoice_date < cast(:billed_month as date) + interval '1 month'
    )"""
_BILLED = f"""
    with {_COHORT}
    select hospital_id, invoice_date as day, status as what, invoice_id, patient_id, null as payment_id, null as detail,
           billed as amount
    from cohort where billed <> 0"""
# As int_applied_months says it: nearly always the money received; an invoice that was ever in credit, or on which something
# ran the other way, has the least of what was received, what was owed, and what is billed on it today.
_APPLIED = f"""
    with {_COHORT},
    events as (
        select e.*, c.last_day from fct_receivable_events as e
        join cohort as c on c.invoice_key = e.invoice_key
        where e.effective_date <= c.business_date
    ),
    followed as (
        select b.invoice_key from fct_invoice_balances as b join cohort as c on c.invoice_key = b.invoice_key
        where b.balance < 0
        union
        select invoice_key from events where case when event_type = 'billed' then amount < 0 else amount > 0 end
    ),
    sums as (
        select invoice_key,
               coalesce(sum(-amount) filter (where event_type = 'collected' and effective_date <= last_day), 0) as collected,
               coalesce(sum(-amount) filter (where event_type in ('collected', 'refunded') and effective_date <= last_day), 0)
                   as received,
               coalesce(sum(amount) filter (
                   where event_type not in ('collected', 'refunded') and effective_date <= last_day), 0) as owed,
               coalesce(sum(amount) filter (where event_type = 'billed'), 0) as billed
        from events group by invoice_key
    ),
    applied as (
        select s.invoice_key,
               case when f.invoice_key is null then s.collected
                    else greatest(0.000, least(s.received, s.owed, s.billed)) end as amount
        from sums as s left join followed as f on f.invoice_key = s.invoice_key
    )
    select c.hospital_id, c.invoice_date as day, c.status as what, c.invoice_id, c.patient_id, null as payment_id,
           'billed ' || c.billed || ', applied by ' || c.last_day as detail, a.amount
    from cohort as c join applied as a on a.invoice_key = c.invoice_key
    where a.amount <> 0"""


def billed() -> Sql:
    """Return what was billed on the invoices of a month."""
    return lambda _, __: _BILLED


def applied() -> Sql:
    """Return what had been applied to them so many months later."""

    def sql(asked: FigureFilter, business_date: date) -> str:  # noqa: ARG001  each hospital has its own
        return _APPLIED

    return sql
