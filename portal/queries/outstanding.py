"""Open invoices as of a day: from ``outstanding_payments`` on the business date, from the balances of the past before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from portal.queries.sql import one, rows, stream

Status = Literal["not_due", "overdue", "collection", "written_off"]
PayerClass = Literal["insurance", "government", "patient"]

_COLUMNS = """hospital_id, invoice_id, instalment_no, patient_id, invoice_date, due_date, amount_due, days_overdue,
    last_payment_date, payment_status, payer_class, is_disputed, is_unbilled, bucket"""
_TODAY = f"""
    select {_COLUMNS}, days_overdue as age from outstanding_payments where currency = :currency"""
# A day of the past: which stretch of an invoice's balance covers it, and how old the debt was then.
_PAST = """
    select b.hospital_id,
           coalesce(b.invoice_id, (select y.payment_id from fct_payments as y where y.payment_key = b.payment_key), 'none')
               as invoice_id,
           b.instalment_no, coalesce(b.patient_id, 'unknown') as patient_id, b.invoice_date, b.due_date,
           b.balance as amount_due, greatest(:as_of - b.aging_date, 0) as days_overdue,
           (select max(p.effective_date) from (
                select e.effective_date from fct_receivable_events as e
                where e.invoice_key = b.invoice_key and e.event_type = 'collected' and e.effective_date <= :as_of
                group by e.payment_key, e.effective_date having sum(e.amount) <> 0
            ) as p) as last_payment_date,
           case when :as_of <= b.aging_date then 'not_due'
                when :as_of - b.aging_date > 90 or i.status = 'in_collection' then 'collection'
                else 'overdue' end as payment_status,
           b.payer_class, coalesce(i.is_disputed, false) as is_disputed,
           coalesce(i.is_unbilled or i.sent_date > :as_of, false) as is_unbilled, k.bucket
    from fct_invoice_balances as b
    left join fct_invoices as i on i.invoice_key = b.invoice_key
    join dim_aging_buckets as k
      on :as_of - b.aging_date >= coalesce(k.from_days, -1000000)
     and :as_of - b.aging_date <= coalesce(k.to_days, 1000000)
    where b.currency = :currency and b.balance > 0 and b.valid_from <= :as_of and b.valid_to > :as_of"""
_CONDITIONS = {
    "min_amount": "amount_due >= :min_amount",
    "max_amount": "amount_due <= :max_amount",
    "min_days": "days_overdue >= :min_days",
    "max_days": "days_overdue <= :max_days",
    "status": "payment_status = :status",
    "payer_class": "payer_class = :payer_class",
    "patient_id": "patient_id = :patient_id",
    "bucket": "bucket = :bucket",
}
SORTS: dict[str, str] = {
    "daysOverdue": "days_overdue",
    "amountDue": "amount_due",
    "invoiceDate": "invoice_date",
    "dueDate": "due_date",
    "lastPaymentDate": "last_payment_date",
    "invoiceId": "invoice_id",
    "patientId": "patient_id",
    "paymentStatus": "payment_status",
    "payerClass": "payer_class",
}
"""What lists may be sorted by; a leading ``-`` means descending."""


@dataclass(frozen=True)
class OutstandingFilter:
    """Which open invoices. ``as_of`` None is each hospital's business date."""

    currency: str
    as_of: date | None = None
    sort: str = "-daysOverdue"
    conditions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutstandingRow:
    """One open invoice (or instalment of one)."""

    hospital_id: str
    invoice_id: str
    instalment_no: int
    patient_id: str
    invoice_date: date | None
    due_date: date | None
    amount_due: Decimal
    days_overdue: int
    last_payment_date: date | None
    payment_status: str
    payer_class: str
    is_disputed: bool
    is_unbilled: bool
    bucket: str


@dataclass(frozen=True)
class OutstandingSum:
    """What the rows of a filter add up to."""

    total: int
    amount: Decimal
    disputed: Decimal
    unbilled: Decimal


def outstanding_sum(connection: Connection, asked: OutstandingFilter) -> OutstandingSum:
    """Return number and sum of the rows that ``asked`` selects, over all pages."""
    sql = f"""
        select count(*)::bigint as total, coalesce(sum(amount_due), 0) as amount,
               coalesce(sum(amount_due) filter (where is_disputed), 0) as disputed,
               coalesce(sum(amount_due) filter (where is_unbilled), 0) as unbilled
        from ({_items(asked)}) as items {_where(asked)}"""
    return one(connection, sql, _parameters(asked), OutstandingSum)


def outstanding_page(connection: Connection, asked: OutstandingFilter, page: int, limit: int) -> list[OutstandingRow]:
    """Return one page (from 1) of the rows that ``asked`` selects."""
    parameters = _parameters(asked) | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, f"{_select(asked)} limit :limit offset :offset", parameters, OutstandingRow)


def outstanding_stream(connection: Connection, asked: OutstandingFilter) -> Iterator[OutstandingRow]:
    """Yield every row that ``asked`` selects at constant memory."""
    return stream(connection, _select(asked), _parameters(asked), OutstandingRow)


def _items(asked: OutstandingFilter) -> str:
    return _TODAY if asked.as_of is None else _PAST


def _select(asked: OutstandingFilter) -> str:
    column = SORTS[asked.sort.removeprefix("-")]
    direction = "desc nulls last" if asked.sort.startswith("-") else "asc nulls first"
    order = f"{column} {direction}, hospital_id, invoice_id, instalment_no"
    return f"select {_COLUMNS} from ({_items(asked)}) as items {_where(asked)} order by {order}"


def _where(asked: OutstandingFilter) -> str:
    parts = [_CONDITIONS[name] for name in asked.conditions]
    return f"where {' and '.join(parts)}" if parts else ""


def _parameters(asked: OutstandingFilter) -> dict[str, Any]:
    dates = {} if asked.as_of is None else {"as_of": asked.as_of}
    return {"currency": asked.currency, **dates, **asked.conditions}
