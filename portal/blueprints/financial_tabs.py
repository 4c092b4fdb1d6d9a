"""The tabs of the financial reports: which tables, cards and charts each of them has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from portal.analytics.charts import Theme
from portal.analytics.money import Money
from portal.api.v1.asked import stamp
from portal.blueprints.filters import FORMATS, link
from portal.blueprints.financial_desk import Chart, Desk, Tab
from portal.exports import breakdown_documents, documents, financial_documents
from portal.exports.document import Document
from portal.exports.overview_documents import buckets_document, categories_document
from portal.queries.breakdowns import by_department, by_doctor
from portal.queries.figures.behind import Behind
from portal.queries.outstanding import OutstandingFilter, outstanding_page, outstanding_sum
from portal.queries.taxes import tax_summary

_TOP = 20


@dataclass(frozen=True)
class Section:
    """One report of a tab: its name there, its cards and table, its chart if it has one; ``report`` is its name in the API.

    The rows of a ``listing`` are what figures lead to.
    """

    name: str
    document: Document
    chart: Chart | None = None
    report: str | None = None
    cards: bool = True
    listing: bool = False

    def exports(self, desk: Desk) -> list[tuple[str, str]]:
        """Return format and address of the report as files, of the days that are shown."""
        of: dict[str, object] = {"currency": desk.currency, "startDate": desk.days.start, "endDate": desk.days.end}
        if self.report is None:
            return [(name, link("financial_reports.export", part=self.name, format=name, **of)) for name in FORMATS]
        of |= {"reportType": self.report, "tab": None, "compare": None}
        if self.report in ("collection-rate", "ar-aging"):
            of["basis"] = None
        return [(name, link("api_v1.export.export", format=name, **of)) for name in FORMATS]

    def picture(self, kind: str, theme: Theme | None = None) -> str:
        """Return the address of the chart: ``svg``, ``png`` or ``json``."""
        return link(
            f"financial_reports.chart_{kind}", chart=self.chart, theme=theme, currency=self.document.currency, tab=None
        )


def _overview(desk: Desk) -> list[Section]:
    receivables, collected = desk.aging(), desk.collection()
    tax, written_off = tax_summary(desk.here.marts, desk.days, desk.currency), desk.write_offs()
    rates = financial_documents.collection_document(desk.here.marts, collected, stamp(desk.here), desk.words)
    buckets = buckets_document(desk.here.marts, receivables, stamp(desk.here), desk.words)
    cards = [
        ("Outstanding", Money(receivables.outstanding, desk.currency)),
        ("Collection rate", dict(rates.summary)["Rate"]),
        ("Tax", Money(tax.tax, desk.currency)),
        ("Write-offs", Money(written_off.total[0], desk.currency)),
    ]
    between = {"startDate": desk.days.start, "endDate": desk.days.end}
    behind = {
        "Outstanding": buckets.behind["Outstanding"], "Collection rate": rates.behind["Rate"],
        "Tax": Behind("tax", between), "Write-offs": Behind("written-off", between),
    }  # fmt: skip
    payers = breakdown_documents.payer_document(desk.here.marts, desk.payers(), stamp(desk.here), desk.words)
    return [
        Section("aging", replace(buckets, summary=cards, behind=behind), "aging"),
        Section("payers", payers, "payers", "revenue-payer", cards=False),
    ]


def _ar_aging(desk: Desk) -> list[Section]:
    asked = OutstandingFilter(desk.currency, sort="-amountDue")
    largest = documents.outstanding_document(
        desk.here.marts, asked, outstanding_sum(desk.here.marts, asked), stamp(desk.here), desk.words
    )
    rows = outstanding_page(desk.here.marts, asked, 1, _TOP)
    title = f"The {len(rows)} largest open invoices"
    return [
        Section(
            "aging", buckets_document(desk.here.marts, desk.aging(), stamp(desk.here), desk.words), "aging", "ar-aging"
        ),
        Section("largest", replace(largest, title=title, rows=rows, total=len(rows)), cards=False, listing=True),
    ]


def _revenue(desk: Desk) -> list[Section]:
    marts, asked = desk.here.marts, desk.revenue()
    departments = breakdown_documents.department_document(
        marts, by_department(marts, asked), stamp(desk.here), desk.words
    )
    doctors = breakdown_documents.doctor_document(marts, by_doctor(marts, asked, _TOP), stamp(desk.here), desk.words)
    return [
        Section("departments", departments, "departments", "revenue-department"),
        Section("doctors", doctors, report="revenue-doctor", cards=False),
    ]


def _collection(desk: Desk) -> list[Section]:
    document = financial_documents.collection_document(
        desk.here.marts, desk.collection(), stamp(desk.here), desk.words, desk.former_collection()
    )
    return [Section("collection", document, "collection", "collection-rate")]


def _write_offs(desk: Desk) -> list[Section]:
    return [
        Section("categories", categories_document(desk.here.marts, desk.write_offs(), stamp(desk.here), desk.words))
    ]


SECTIONS: dict[Tab, Callable[[Desk], list[Section]]] = {
    "overview": _overview, "ar-aging": _ar_aging, "revenue": _revenue, "collection": _collection, "write-offs": _write_offs,
}  # fmt: skip
"""What makes the sections of each tab."""
