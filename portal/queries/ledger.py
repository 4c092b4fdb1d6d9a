"""The trace of a balance: the dated events of one invoice, which add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from portal.queries.decided import BALANCES_AFTER, DECIDED, EVENTS_SINCE
from portal.queries.sql import rows


@dataclass(frozen=True)
class Invoice:
    """An invoice as the build holds it."""

    invoice_key: UUID
    hospital_id: str
    source_name: str
    invoice_id: str
    patient_id: str
    invoice_date: date
    due_date: date | None
    aging_date: date
    is_due_date_missing: bool
    status: str
    is_receivable: bool
    is_disputed: bool
    currency: str
    total: Decimal
    balance: Decimal
    payer_class: str
    source_balance: Decimal | None
    balance_difference: Decimal | None
    is_stale: bool
    department: str | None
    provider: str | None
    payer: str | None


@dataclass(frozen=True)
class Event:
    """One dated change of a balance; ``amount`` is signed, ``running`` the balance after it."""

    event_type: str
    adjustment_kind: str | None
    amount: Decimal
    running: Decimal
    effective_date: date
    booked_date: date
    is_reversal: bool
    payment_id: str | None
    method: str | None
    source_name: str
    source_table: str


def invoices(connection: Connection, invoice_id: str, hospital_id: str | None = None) -> list[Invoice]:
    """Return the invoices in reach called ``invoice_id``: several hospitals or sources may use one number."""
    sql = f"""
        with {DECIDED}, {BALANCES_AFTER}
        select i.invoice_key, i.hospital_id, i.source_name, i.invoice_id, i.patient_id, i.invoice_date, i.due_date,
               i.aging_date, i.is_due_date_missing, i.status, i.is_receivable, i.is_disputed, i.currency, i.total,
               coalesce(b.balance, i.balance) as balance, i.payer_class, i.source_balance, i.balance_difference, i.is_stale,
               d.name as department, p.name as provider, y.name as payer
        from fct_invoices as i
        left join dim_departments as d on d.department_key = i.department_key
        left join dim_providers as p on p.provider_key = i.provider_key
        left join dim_payers as y on y.payer_key = i.payer_key
        left join decided_balances as b on b.invoice_key = i.invoice_key
        where i.invoice_id = :invoice_id and (cast(:hospital_id as text) is null or i.hospital_id = :hospital_id)
        order by i.hospital_id, i.source_name"""
    return rows(connection, sql, {"invoice_id": invoice_id, "hospital_id": hospital_id, "as_of": None}, Invoice)


def events(connection: Connection, invoice_key: UUID, as_of: date) -> list[Event]:
    """Return what changed the invoice's balance up to ``as_of``, in order; the last ``running`` is the balance then."""
    sql = f"""
        with {DECIDED}, {BALANCES_AFTER}, {EVENTS_SINCE},
        all_events as (
            select event_key, event_type, adjustment_kind, amount, effective_date, booked_at, booked_date, is_reversal,
                   payment_key, source_name, source_table
            from fct_receivable_events where invoice_key = :invoice_key and effective_date <= :as_of
            union all
            select null, n.event_type, n.adjustment_kind, n.amount, n.effective_date, null, n.effective_date, false,
                   null, i.source_name, 'write_off_decisions'
            from events_since as n join fct_invoices as i on i.invoice_key = n.invoice_key
            where n.invoice_key = :invoice_key and n.amount <> 0
        )
        select e.event_type, e.adjustment_kind, e.amount, e.effective_date, e.booked_date, e.is_reversal,
               p.payment_id, p.method, e.source_name, e.source_table,
               sum(e.amount) over (
                   order by e.effective_date, e.booked_at, e.event_key rows between unbounded preceding and current row
               ) as running
        from all_events as e
        left join fct_payments as p on p.payment_key = e.payment_key
        order by e.effective_date, e.booked_at, e.event_key"""
    return rows(connection, sql, {"invoice_key": invoice_key, "as_of": as_of}, Event)
