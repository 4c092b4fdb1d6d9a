"""Requests for write-offs, and what is to be reconciled of them, as files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import readable
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
from portal.formatting import instant
from portal.queries.small_balances import SmallBalance, SmallBalanceFilter
from portal.queries.write_off_reconciliation import Difference, reconciliation_stream, reconciliation_sums
from portal.queries.write_offs import STATUSES, WriteOffFilter, requested_sums, write_offs_stream


def write_offs_document(connection: Connection, asked: WriteOffFilter, stamp: Stamp, filters: Filters) -> Document:
    """Return the requests for write-offs of some days and of one currency, newest first, streamed."""
    currency = asked.currency or ""
    sums = {line.name: line for line in requested_sums(connection, asked)}
    return Document(
        f"write-offs-{asked.start}-{asked.end}-{currency.lower()}", "Write-offs", currency,
        columns=(
            Column("id", "No.", "integer", attrgetter("id")),
            Column("kind", "Kind", "text", lambda row: row.kind.replace("_", "-")),
            Column("reverses_id", "Takes back", "integer", attrgetter("reverses_id")),
            Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
            Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
            Column("patient_id", "Patient", "text", attrgetter("patient_id")),
            Column("amount", "Amount", "money", attrgetter("amount")),
            Column("category", "Category", "text", attrgetter("category")),
            Column("status", "Status", "text", attrgetter("status")),
            Column("reason", "Reason", "text", attrgetter("reason"), is_long=True),
            Column("notes", "Notes", "text", attrgetter("notes"), is_long=True),
            Column("requested_by", "Requested by", "text", attrgetter("requested_by")),
            Column("created_at", "Requested at", "text", lambda row: _instant(row.created_at), is_long=True),
            Column("decided_by", "Decided by", "text", attrgetter("decided_by")),
            Column("decided_at", "Decided at", "text", lambda row: _instant(row.decided_at), is_long=True),
            Column("decision_notes", "Decision", "text", attrgetter("decision_notes"), is_long=True),
        ),
        rows=write_offs_stream(connection, asked),
        total=sum(line.count for line in sums.values()),
        stamp=stamp,
        filters=filters,
        summary=[
            (f"{status.capitalize()} ({sums[status].count:,})", readable(sums[status].amount, currency))
            for status in STATUSES
            if status in sums
        ],
        notes=["Requests of these days, for write-offs and for taking them back; their status is today's."],
    )  # fmt: skip


def reconciliation_document(
    connection: Connection, currency: str, difference: Difference | None, stamp: Stamp, filters: Filters
) -> Document:
    """Return the write-offs that both sides do not have alike, oldest first, streamed."""
    sums = reconciliation_sums(connection, currency, difference)
    return Document(
        f"write-offs-to-reconcile-{stamp.business_date}-{currency.lower()}", "Write-offs to reconcile", currency,
        columns=(
            Column("difference", "Difference", "text", attrgetter("difference")),
            Column("write_off_id", "Write-off", "text", attrgetter("write_off_id")),
            Column("posting_id", "Posting", "text", attrgetter("posting_id")),
            Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
            Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
            Column("patient_id", "Patient", "text", attrgetter("patient_id")),
            Column("category", "Category", "text", attrgetter("category")),
            Column("effective_date", "Counts on", "date", attrgetter("effective_date")),
            Column("age_days", "Days", "integer", attrgetter("age_days")),
            Column("decided", "Decided here", "money", attrgetter("decided")),
            Column("posted", "Posted there", "money", attrgetter("posted")),
        ),
        rows=reconciliation_stream(connection, currency, difference),
        total=sum(line.count for line in sums),
        stamp=stamp,
        filters=filters,
        summary=[(f"{line.difference.capitalize()} ({line.count:,})", readable(line.amount, currency)) for line in sums],
        notes=["What was decided since the run is not compared yet."],
    )  # fmt: skip


def small_balances_document(
    asked: SmallBalanceFilter, items: Sequence[SmallBalance], stamp: Stamp, filters: Filters
) -> Document:
    """Return the small balances that a batch would ask for, the longest overdue first."""
    total = sum((item.amount for item in items), Decimal(0))
    return Document(
        f"small-balances-{stamp.business_date}-{asked.currency.lower()}", "Small balances", asked.currency,
        columns=(
            Column("hospital_id", "Hospital", "text", lambda _: asked.hospital_id),
            Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
            Column("patient_id", "Patient", "text", attrgetter("patient_id")),
            Column("days_overdue", "Days overdue", "integer", attrgetter("days_overdue"), is_fact=True),
            Column("balance", "Open", "money", attrgetter("balance")),
            Column("amount", "Asked for", "money", attrgetter("amount")),
        ),
        rows=items,
        total=len(items),
        stamp=stamp,
        filters=filters,
        summary=[("Would be asked for", readable(total, asked.currency)), ("Invoices", f"{len(items):,}")],
        notes=["Nothing is asked for yet. What waits for a decision already is taken off."],
    )  # fmt: skip


def _instant(value: datetime | None) -> str | None:
    return None if value is None else instant(value)
