"""Rows of figures as of a day: what was open, how old it was, and what was a credit."""

from __future__ import annotations

from datetime import date

from portal.queries.aging import AGED, CREDIT_AGE
from portal.queries.figures.kinds import FigureFilter, Sql
from portal.queries.open_items import credits_sql, items_sql

MODELS = ("fct_invoice_balances", "fct_receivable_events", "fct_invoices", "fct_payments")
_PAYMENT = "(select p.payment_id from fct_payments as p where p.payment_key = i.payment_key)"
_OPEN = """
    select hospital_id, aging_date as day, bucket as what, invoice_id, patient_id, null as payment_id,
           days_overdue || ' days overdue' as detail, balance as amount
    from aged where true"""
_INVOICES = """
    select hospital_id, min(aging_date) as day, 'open' as what, invoice_id, patient_id, null as payment_id,
           'open ' || sum(balance) as detail, 1 as amount
    from aged where true {only}
    group by item, invoice_key, hospital_id, invoice_id, patient_id"""
_BALANCES = f"""
    select i.hospital_id, i.aging_date as day, case when i.balance > 0 then 'open' else 'credit' end as what, i.invoice_id,
           i.patient_id, {_PAYMENT} as payment_id,
           case when i.instalment_no > 1 then 'instalment ' || i.instalment_no end as detail, i.balance as amount
    from items as i where i.balance <> 0"""
_CREDITS = f"""
    select i.hospital_id, i.since as day, 'credit' as what, i.invoice_id, i.patient_id, {_PAYMENT} as payment_id,
           i.as_of - i.since || ' days old' as detail, {{measure}} as amount
    from credits as i where true"""


def open_items(only: str = "true") -> Sql:
    """Return the open invoices, each with its age, ``only`` some of them."""

    def sql(asked: FigureFilter, business_date: date) -> str:
        inner = f"with {items_sql(asked.aging(business_date))}, {AGED} {_OPEN} and {only}"
        return inner + asked.only({"bucket": lambda _: "bucket = :bucket", "window_days": lambda _: "true"})

    return sql


def open_invoices() -> Sql:
    """Return every invoice of which something is open, once, however many instalments it has."""

    def sql(asked: FigureFilter, business_date: date) -> str:
        only = asked.only({"bucket": lambda _: "bucket = :bucket"})
        return f"with {items_sql(asked.aging(business_date))}, {AGED} {_INVOICES.format(only=only)}"

    return sql


def balances() -> Sql:
    """Return every balance, credits negative."""
    return lambda asked, business_date: f"with {items_sql(asked.aging(business_date))} {_BALANCES}"


def credit_items(measure: str = "i.amount") -> Sql:
    """Return the credits, each with its age and its ``measure`` (of ``i``)."""
    statement = _CREDITS.format(measure=measure)

    def sql(asked: FigureFilter, business_date: date) -> str:
        inner = f"with {credits_sql(asked.aging(business_date))} {statement}"
        return inner + asked.only({"bucket": lambda _: f"{CREDIT_AGE} = :bucket"})

    return sql
