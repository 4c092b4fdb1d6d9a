"""A patient's statement: what is open, what was paid in a period, and the balance. By id alone: who sends it adds the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import readable
from portal.analytics.periods import DateRange
from portal.exports.document import Column, Document, Section, Stamp
from portal.queries.definitions import definitions
from portal.queries.outstanding import OutstandingRow
from portal.queries.patients import HistoryRow, PatientRef

_METRICS = ("open_balance", "days_overdue", "credits")
_OPEN = (
    Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
    Column("instalment_no", "Inst.", "integer", attrgetter("instalment_no"), weight=5),
    Column("invoice_date", "Invoice date", "date", attrgetter("invoice_date")),
    Column("due_date", "Due date", "date", attrgetter("due_date")),
    Column("days_overdue", "Days overdue", "integer", attrgetter("days_overdue")),
    Column("amount_due", "Amount due", "money", attrgetter("amount_due")),
)
_PAID = (
    Column("payment_date", "Date", "date", attrgetter("payment_date")),
    Column("payment_id", "Payment", "text", attrgetter("payment_id")),
    Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
    Column("method", "Method", "text", attrgetter("method"), weight=10),
    Column("payment_status", "Status", "text", attrgetter("payment_status"), weight=9),
    Column("amount", "Amount", "money", attrgetter("amount")),
)


@dataclass(frozen=True)
class Account:
    """What a statement is made of, in one currency; ``credit`` is money that settles nothing yet (positive)."""

    patient: PatientRef
    currency: str
    days: DateRange
    open_items: Sequence[OutstandingRow]
    open_amount: Decimal
    credit: Decimal
    payments: Sequence[HistoryRow]
    received: Decimal


def statement_document(connection: Connection, account: Account, stamp: Stamp) -> Document:
    """Return the statement of a patient's account as of the business date."""
    currency, days = account.currency, account.days
    return Document(
        name=f"statement-{account.patient.patient_id}-{currency.lower()}-{stamp.business_date}",
        title=f"Statement of patient {account.patient.patient_id}",
        currency=currency,
        columns=_OPEN,
        rows=(),
        total=len(account.open_items) + len(account.payments),
        stamp=stamp,
        filters=[("Patient", account.patient.patient_id), ("Payments from", str(days.start)), ("To", str(days.end))],
        summary=[
            ("Open", readable(account.open_amount, currency)),
            ("Credit", readable(account.credit, currency)),
            ("Balance", readable(account.open_amount - account.credit, currency)),
            ("Paid in the period", readable(account.received, currency)),
        ],
        notes=[
            f"What is open is as of {stamp.business_date}. The balance is what is open less the credit, which settles no"
            " invoice yet. Pending and failed payments are listed, not counted."
        ],
        definitions=definitions(connection, _METRICS),
        sections=[
            Section("Open invoices", _OPEN, account.open_items),
            Section(f"Payments from {days.start} to {days.end}", _PAID, account.payments),
        ],
    )
