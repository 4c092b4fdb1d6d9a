"""Sums that pages show as tables: receivables by age, write-offs by category."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.charts import BUCKET_LABELS
from portal.analytics.money import Money, percent
from portal.exports import aging_links
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import OUTSTANDING_METRICS, Filters
from portal.queries.aging import AgingReport
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.write_offs import WriteOffSummary
from portal.services.write_off_rules import CATEGORIES


@dataclass(frozen=True)
class _Category:
    category: str
    amount: Decimal
    count: int

    @property
    def name(self) -> str:
        """The category in words."""
        return self.category.replace("_", " ").capitalize()


def buckets_document(connection: Connection, report: AgingReport, stamp: Stamp, filters: Filters) -> Document:
    """Return receivables by age."""
    currency = report.asked.currency
    return Document(
        name=f"aging-buckets-{report.asked.as_of}-{currency.lower()}",
        title=f"Receivables by age as of {report.asked.as_of}",
        currency=currency,
        columns=(
            Column("bucket", "Age", "text", lambda bucket: BUCKET_LABELS[bucket.bucket]),
            Column(
                "amount", "Amount", "money", attrgetter("amount"), behind=aging_links.of_bucket(report, "receivables")
            ),
            Column(
                "invoices", "Invoices", "integer", attrgetter("invoice_count"),
                behind=aging_links.of_bucket(report, "receivables-invoices"),
            ),
            Column(
                "share", "Share %", "rate", lambda bucket: Decimal(percent(bucket.amount, report.outstanding)), is_fact=True
            ),
        ),
        rows=report.buckets,
        total=len(report.buckets),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Outstanding", Money(report.outstanding, currency)),
            ("Current", Money(report.current, currency)),
            ("Credits", Money(report.credits, currency)),
            ("Invoices", f"{report.invoice_count:,}"),
        ],
        notes=["Current is not due and up to 30 days. Credits are never netted into the ages."],
        definitions=definitions(connection, OUTSTANDING_METRICS),
        behind=aging_links.of_total(report),
    )  # fmt: skip


def categories_document(connection: Connection, summary: WriteOffSummary, stamp: Stamp, filters: Filters) -> Document:
    """Return what was written off by category."""
    days, currency = summary.days, summary.currency
    lines = [_Category(name, *summary.of_category(name)) for name in CATEGORIES]
    between = {"startDate": days.start, "endDate": days.end}

    def behind(figure: str) -> Callable[[_Category], Behind]:
        return lambda line: Behind(figure, between | {"category": line.category})

    amount, count = summary.total
    waiting, requests = summary.of_status("PENDING")
    given_up, pending = f"Written off ({count:,})", f"Waiting for a decision ({requests:,})"
    return Document(
        name=f"write-offs-by-category-{days.start}-{days.end}-{currency.lower()}",
        title="Write-offs by category",
        currency=currency,
        columns=(
            Column("category", "Category", "text", attrgetter("name")),
            Column("amount", "Written off", "money", attrgetter("amount"), behind=behind("written-off")),
            Column("count", "Write-offs", "integer", attrgetter("count"), behind=behind("write-offs")),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        summary=[
            (given_up, Money(amount, currency)),
            (pending, Money(waiting, currency)),
        ],
        definitions=definitions(connection, ("written_off", "recovered_amount")),
        behind={given_up: Behind("written-off", between), pending: Behind("write-offs-requested", between)},
    )
