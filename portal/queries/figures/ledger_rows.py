"""Rows of figures that the ledger's events add up to: what was billed, collected, given back, adjusted, given up."""

from __future__ import annotations

from datetime import date

from portal.queries.decided import BALANCES_AFTER, DECIDED, EVENTS_SINCE
from portal.queries.figures.kinds import Condition, FigureFilter, Sql, dimension, equals

MODELS = ("fct_receivable_events", "fct_invoices", "fct_payments")
# What was decided since the build counts on its day, as the next build will say it.
_EVENTS = f"""
    with {DECIDED}, {BALANCES_AFTER}, {EVENTS_SINCE},
    ledger as (
        select e.hospital_id, e.invoice_key, e.invoice_id, e.patient_id, e.payment_key, e.event_type, e.adjustment_kind,
               e.amount, e.effective_date, e.is_reversal, e.count_step, e.booked_date
        from fct_receivable_events as e
        join dim_hospitals as h on h.hospital_id = e.hospital_id
        where e.currency = :currency and e.effective_date between :start and :end and e.effective_date <= h.business_date
        union all
        select i.hospital_id, n.invoice_key, i.invoice_id, i.patient_id, null, n.event_type, n.adjustment_kind,
               n.amount, n.effective_date, false, 0, n.effective_date
        from events_since as n
        join fct_invoices as i on i.invoice_key = n.invoice_key
        where i.currency = :currency and n.effective_date between :start and :end
    )
    select e.hospital_id, e.effective_date as day, e.event_type as what, coalesce(i.invoice_id, e.invoice_id) as invoice_id,
           coalesce(e.patient_id, i.patient_id) as patient_id, p.payment_id,
           nullif(concat_ws(', ', replace(e.adjustment_kind, '_', ' '), p.method,
                            case when e.is_reversal then 'corrects an earlier row' end), '') as detail,
           {{measure}} as amount
    from ledger as e
    left join fct_invoices as i on i.invoice_key = e.invoice_key
    left join fct_payments as p on p.payment_key = e.payment_key
    where e.event_type in ({{types}}) and {{measure}} <> 0"""
# The window of days in A/R; it ends on the hospital's business date where no day is asked for.
_NET_BILLED = """
    select e.hospital_id, e.effective_date as day, e.event_type as what, coalesce(i.invoice_id, e.invoice_id) as invoice_id,
           coalesce(e.patient_id, i.patient_id) as patient_id, null as payment_id,
           replace(e.adjustment_kind, '_', ' ') as detail, e.amount
    from fct_receivable_events as e
    join dim_hospitals as h on h.hospital_id = e.hospital_id
    left join fct_invoices as i on i.invoice_key = e.invoice_key
    where e.currency = :currency and e.amount <> 0
      and e.effective_date <= least(coalesce(cast(:as_of as date), h.business_date), h.business_date)
      and e.effective_date > coalesce(cast(:as_of as date), h.business_date) - cast(:window_days as integer)
      and (e.event_type = 'billed'
           or (e.event_type = 'adjusted' and e.adjustment_kind in ('contractual', 'credit_note', 'discount')))"""
METHOD: dict[str, Condition] = {"method": equals("coalesce(nullif(trim(p.method), ''), 'unknown')", "method")}
"""Of money that came in or went back."""
BILLED: dict[str, Condition] = {
    "department_id": dimension("department", "i.department_key"),
    "provider_id": dimension("provider", "i.provider_key"),
    "payer_id": dimension("payer", "i.payer_key"),
}
"""Of what was billed: by whom the invoice names."""
COLLECTED: dict[str, Condition] = BILLED | {"payer_id": dimension("payer", "p.payer_key")}
"""Of what was collected: by who paid."""


def events(types: tuple[str, ...], measure: str, known: dict[str, Condition] | None = None, only: str = "true") -> Sql:
    """Return the rows of the events of some types, each with its ``measure`` (of ``e``), ``only`` some of them."""
    named = ", ".join(f"'{name}'" for name in types)
    statement = f"{_EVENTS.format(types=named, measure=measure)} and {only}"

    def sql(asked: FigureFilter, business_date: date) -> str:  # noqa: ARG001  the events know their days
        return statement + asked.only(known or {})

    return sql


def net_billed_before() -> Sql:
    """Return what was billed in the days up to a day, less contractual adjustments, credit notes and discounts."""
    return lambda _, __: _NET_BILLED
