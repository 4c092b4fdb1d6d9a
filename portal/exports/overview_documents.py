"""Sums that pages show as tables: receivables by age, write-offs by category."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.charts import BUCKET_LABELS
from portal.analytics.money import percent, readable
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import OUTSTANDING_METRICS, Filters
from portal.queries.aging import AgingReport
from portal.queries.definitions import definitions
from portal.queries.write_offs import WriteOffSummary
from portal.services.write_off_rules import CATEGORIES


@dataclass(frozen=True)
class _Category:
    name: str
    amount: Decimal
    count: int


def buckets_document(connection: Connection, report: AgingReport, stamp: Stamp, filters: Filters) -> Document:
    """Return receivables by age."""
    currency = report.asked.currency
    return Document(
        name=f"aging-buckets-{report.asked.as_of}-{currency.lower()}",
        title=f"Receivables by age as of {report.asked.as_of}",
        currency=currency,
        columns=(
            Column("bucket", "Age", "text", lambda bucket: BUCKET_LABELS[bucket.bucket]),
            Column("amount", "Amount", "money", attrgetter("amount")),
            Column("invoices", "Invoices", "integer", attrgetter("invoice_count")),
            Column("share", "Share %", "rate", lambda bucket: Decimal(percent(bucket.amount, report.outstanding))),
        ),
        rows=report.buckets,
        total=len(report.buckets),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Outstanding", readable(report.outstanding, currency)),
            ("Current", readable(report.current, currency)),
            ("Credits", readable(report.credits, currency)),
            ("Invoices", f"{report.invoice_count:,}"),
        ],
        notes=["Current is not due and up to 30 days. Credits are never netted into the ages."],
        definitions=definitions(connection, OUTSTANDING_METRICS),
    )


def categories_document(connection: Connection, summary: WriteOffSummary, stamp: Stamp, filters: Filters) -> Document:
    """Return what was written off by category."""
    days, currency = summary.days, summary.currency
    lines = [_Category(name.replace("_", " ").capitalize(), *summary.of_category(name)) for name in CATEGORIES]
    amount, count = summary.total
    waiting, requests = summary.of_status("PENDING")
    return Document(
        name=f"write-offs-by-category-{days.start}-{days.end}-{currency.lower()}",
        title="Write-offs by category",
        currency=currency,
        columns=(
            Column("category", "Category", "text", attrgetter("name")),
            Column("amount", "Written off", "money", attrgetter("amount")),
            Column("count", "Write-offs", "integer", attrgetter("count")),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        summary=[
            (f"Written off ({count:,})", readable(amount, currency)),
            (f"Waiting for a decision ({requests:,})", readable(waiting, currency)),
        ],
        definitions=definitions(connection, ("written_off", "recovered_amount")),
    )
