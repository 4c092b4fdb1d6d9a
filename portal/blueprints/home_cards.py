"""What Reports home shows at a glance: the month so far, what is open, and where to read more of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.analytics.money import percent
from portal.analytics.periods import DateRange, month_to_date, months_from
from portal.api.v1.asked import Reach, aging_on, stamp
from portal.blueprints.filters import link
from portal.blueprints.outstanding import chart_files
from portal.exports.breakdown_documents import payer_document
from portal.exports.document import Document
from portal.exports.overview_documents import buckets_document
from portal.formatting import day, money, number
from portal.queries.aging import AgingReport, aging
from portal.queries.breakdowns import BreakdownFilter, by_payer
from portal.queries.collection_rates import CollectionFilter, collection_rate
from portal.queries.revenue import RevenueFilter, revenue
from portal.queries.taxes import tax_summary
from portal.queries.write_offs import write_off_summary

_RATE_MONTHS = 12


@dataclass(frozen=True)
class Card:
    """A figure in words, and the page that shows what it is made of."""

    label: str
    value: str
    note: str
    href: str


@dataclass(frozen=True)
class Chart:
    """A chart by the endpoint that draws it, with the same figures as a table."""

    endpoint: str
    parameters: dict[str, object]
    title: str
    document: Document
    files: Sequence[tuple[str, str]]

    def address(self, kind: str, theme: str | None = None) -> str:
        """Return where the chart is: ``svg`` or ``json``."""
        return link(f"{self.endpoint}_{kind}", theme=theme, **self.parameters)


@dataclass(frozen=True)
class Glance:
    """Everything at a glance in one currency."""

    currency: str
    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]


def glance(here: Reach, currency: str, *, financial: bool) -> Glance:
    """Return what is shown of ``currency``; tax, rates, payers and write-offs only to those who read financial reports."""
    days, receivables = month_to_date(here.business_date), aging(here.marts, aging_on(None, currency, here))
    cards, charts = [_outstanding(receivables), _collected(here, days, currency)], [_aging_chart(here, receivables)]
    if financial:
        cards += [_rate(here, currency), _tax(here, days, currency), _write_offs(here, days, currency)]
        charts.append(_payers_chart(here, days, currency))
    return Glance(currency, tuple(cards), tuple(charts))


def _outstanding(report: AgingReport) -> Card:
    currency = report.asked.currency
    old = sum((bucket.amount for bucket in report.buckets if bucket.bucket == "91+"), Decimal(0))
    note = f"{number(report.invoice_count)} invoices; {money(old, currency)} for 91 days and more"
    return Card("Outstanding", money(report.outstanding, currency), note, _at("outstanding.index", currency))


def _collected(here: Reach, days: DateRange, currency: str) -> Card:
    report = revenue(here.marts, RevenueFilter(days, currency, "month", compare="previous"), here.business_date)
    now = report.current.total.revenue
    note = "nothing to compare with"
    if report.former and report.former.total.revenue:
        before = report.former.total.revenue
        change = percent(now - before, before)
        sign = "" if change.startswith("-") else "+"
        until = report.former.days
        note = f"{sign}{change} % against {money(before, currency)}, {day(until.start)} to {day(until.end)}"
    href = _at("revenue.index", currency, days, basis="collected", compare="previous")
    return Card("Collected this month", money(now, currency), note, href)


def _rate(here: Reach, currency: str) -> Card:
    days = DateRange(months_from(here.business_date.replace(day=1), 1 - _RATE_MONTHS), here.business_date)
    total = collection_rate(here.marts, CollectionFilter(days, currency), here.business_date).total
    note = f"came in of {money(total.billed, currency)} billed since {day(days.start)}"
    href = _at("financial_reports.index", currency, days, tab="collection")
    return Card("Collection rate", f"{percent(total.collected, total.billed)} %", note, href)


def _tax(here: Reach, days: DateRange, currency: str) -> Card:
    found = tax_summary(here.marts, days, currency)
    note = f"on {money(found.taxable, currency)} of invoices of this month"
    return Card("Tax", money(found.tax, currency), note, _at("financial_reports.index", currency, days, tab="overview"))


def _write_offs(here: Reach, days: DateRange, currency: str) -> Card:
    amount, count = write_off_summary(here.marts, days, currency).total
    note = f"{number(count)} this month, approved or posted"
    href = _at("financial_reports.index", currency, days, tab="write-offs")
    return Card("Write-offs", money(amount, currency), note, href)


def _aging_chart(here: Reach, report: AgingReport) -> Chart:
    document = buckets_document(here.marts, report, stamp(here), [])
    currency = report.asked.currency
    files = chart_files(currency=currency)
    return Chart("outstanding.chart", {"currency": currency}, "Outstanding by age", document, files)


def _payers_chart(here: Reach, days: DateRange, currency: str) -> Chart:
    found = by_payer(here.marts, BreakdownFilter(days, currency, "collected"))
    parameters = {
        "chart": "payers", "basis": "collected", "currency": currency, "startDate": days.start, "endDate": days.end,
    }  # fmt: skip
    table = {"reportType": "revenue-payer", "format": "csv", **parameters, "chart": None}
    files = [("csv", link("api_v1.export.export", **table)), ("png", link("financial_reports.chart_png", **parameters))]
    return Chart(
        "financial_reports.chart", parameters, "Collected this month by payer",
        payer_document(here.marts, found, stamp(here), []), files,
    )  # fmt: skip


def _at(endpoint: str, currency: str, days: DateRange | None = None, **parameters: str) -> str:
    between = {"startDate": days.start, "endDate": days.end} if days else {}
    return link(endpoint, currency=currency, **between, **parameters)
