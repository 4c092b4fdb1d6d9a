"""One invoice as a file: the dated events that add up to its balance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import readable
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
from portal.queries.definitions import definitions
from portal.queries.ledger import Event, Invoice

METRICS = ("outstanding", "days_overdue", "credits")


def invoice_document(
    connection: Connection, invoice: Invoice, events: Sequence[Event], as_of: date, *, stamp: Stamp, filters: Filters
) -> Document:
    """Return what changed the balance of ``invoice`` up to ``as_of``, in order, with the balance after each event."""
    currency = invoice.currency
    balance = events[-1].running if events else invoice.total * 0
    return Document(
        f"invoice-{invoice.hospital_id}-{invoice.invoice_id}-{as_of}", f"Invoice {invoice.invoice_id}", currency,
        columns=(
            Column("hospital_id", "Hospital", "text", lambda _: invoice.hospital_id),
            Column("invoice_id", "Invoice", "text", lambda _: invoice.invoice_id),
            Column("patient_id", "Patient", "text", lambda _: invoice.patient_id),
            Column("effective_date", "Counts on", "date", attrgetter("effective_date")),
            Column("booked_date", "Known on", "date", attrgetter("booked_date")),
            Column("what", "What", "text", _what),
            Column("payment_id", "Payment", "text", attrgetter("payment_id")),
            Column("method", "Method", "text", attrgetter("method")),
            Column("source", "Source", "text", lambda event: f"{event.source_name}, {event.source_table}", is_long=True),
            Column("amount", "Change", "exact", attrgetter("amount")),
            Column("balance", "Balance", "exact", attrgetter("running")),
        ),
        rows=events,
        total=len(events),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Total", readable(invoice.total, currency)),
            ("Open" if balance >= 0 else "Credit", readable(balance, currency)),
        ],
        definitions=definitions(connection, METRICS),
    )  # fmt: skip


def _what(event: Event) -> str:
    kind = f" ({event.adjustment_kind.replace('_', ' ')})" if event.adjustment_kind else ""
    return f"{event.event_type.replace('_', ' ')}{kind}{', reversal' if event.is_reversal else ''}"
