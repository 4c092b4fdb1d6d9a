"""Requests for write-offs as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import readable
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
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


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
