"""Collection rate, tax, cash receipts, roll-forward, credits and key figures as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from portal.analytics.money import Money, percent
from portal.analytics.periods import DateRange
from portal.exports import collection_links, roll_forward_links
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.queries.accounting import CashReceipts, Movement, Receipt
from portal.queries.collection_rates import Collected, CollectionReport
from portal.queries.credits import CreditReport, credits_stream
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.taxes import TaxRate, TaxSummary

_YOUNG = "Newer periods had less time to be paid in: Collections, Months until paid, compares them after equal time."


def collection_document(
    connection: Connection,
    report: CollectionReport,
    stamp: Stamp,
    filters: Filters,
    former: CollectionReport | None = None,
) -> Document:
    """Return the collection rate by period; with a ``former`` one, its rates beside each."""
    total, currency = report.total, report.asked.currency
    of_step = collection_links.of_step(report, stamp)
    change = [("Change of the rate", f"{_rate(total) - _rate(former.total)} points")] if former else []
    return _document(
        "collection-rate", "Collection rate", report.asked.days, currency, stamp, filters,
        columns=(
            _column("period", "Period", "date"),
            Column("partial", "Partial", "text", _partial),
            _column("billed", "Billed", "money", "sums.billed", of_step("collections-billed")),
            _column("collected", "Collected", "money", "sums.collected", of_step("collections-applied")),
            _column("contractual", "Contractual", "money", "sums.contractual", of_step("collections-contractual")),
            _column("invoice_count", "Invoices", "integer", "sums.count", of_step("collections-invoices")),
            Column("rate", "Rate %", "rate", lambda step: _rate(step.sums), behind=of_step("collection-rate")),
            Column("net_rate", "Net rate %", "rate", lambda step: _net_rate(step.sums), behind=of_step("net-collection-rate")),
            *_former_rates(report, former, stamp),
        ),
        rows=report.steps,
        total=len(report.steps),
        summary=[
            ("Billed", Money(total.billed, currency)),
            ("Collected", Money(total.collected, currency)),
            ("Rate", f"{_rate(total)} %"),
            ("Net rate", f"{_net_rate(total)} %"),
            *change,
        ],
        behind=collection_links.of_total(report),
        notes=[_YOUNG],
        definitions=definitions(connection, ("collection_rate", "net_collection_rate")),
        chart_columns=("period", "billed", "collected"),
    )  # fmt: skip


def _former_rates(report: CollectionReport, former: CollectionReport | None, stamp: Stamp) -> list[Column]:
    if former is None:
        return []
    of = collection_links.of_step(former, stamp)("collection-rate")
    then = dict(zip((step.period for step in report.steps), former.steps, strict=False))
    return [
        Column(
            "former_period",
            "Compared with",
            "date",
            lambda step: then[step.period].period if step.period in then else None,
        ),
        Column(
            "former_rate",
            "Rate then %",
            "rate",
            lambda step: _rate(then[step.period].sums) if step.period in then else None,
            behind=lambda step: of(then[step.period]) if step.period in then else None,
        ),
    ]


def tax_document(connection: Connection, found: TaxSummary, stamp: Stamp, filters: Filters) -> Document:
    """Return tax by rate."""
    return _document(
        "tax-summary", "Tax by rate", found.days, found.currency, stamp, filters,
        columns=(
            Column("rate", "Rate %", "rate", lambda item: "other" if item.rate is None else item.rate, is_fact=True),
            Column("kinds", "Found as", "text", lambda item: ", ".join(item.kinds)),
            _column("taxable_amount", "Taxable amount", "money", "taxable", _taxed(found, "taxable-amount")),
            _column("tax", "Tax", "money", behind=_taxed(found, "tax")),
            _column("invoice_count", "Invoices", "integer", behind=_taxed(found, "tax-invoices")),
        ),
        rows=found.rates,
        total=len(found.rates),
        summary=[
            ("Tax", Money(found.tax, found.currency)),
            ("Taxable amount", Money(found.taxable, found.currency)),
            ("Invoices", f"{found.invoice_count:,}"),
        ],
        definitions=definitions(connection, ("tax_amount", "taxable_amount")),
        behind={
            label: Behind(figure, {"startDate": found.days.start, "endDate": found.days.end})
            for label, figure in (("Tax", "tax"), ("Taxable amount", "taxable-amount"), ("Invoices", "tax-invoices"))
        },
    )  # fmt: skip


def _taxed(found: TaxSummary, figure: str) -> Callable[[TaxRate], Behind]:
    days = {"startDate": found.days.start, "endDate": found.days.end}
    return lambda line: Behind(figure, days | {"rate": "other" if line.rate is None else str(line.rate)})


def receipts_document(connection: Connection, found: CashReceipts, stamp: Stamp, filters: Filters) -> Document:
    """Return cash receipts by day and method."""
    total, currency = found.total, found.currency
    return _document(
        "cash-receipts", "Cash receipts", found.days, currency, stamp, filters,
        columns=(
            _column("date", "Date", "date", "day"),
            _column("method", "Method", "text"),
            Column("received", "Received", "money", attrgetter("received"), behind=_cash("cash-received")),
            Column("refunded", "Refunded", "money", attrgetter("refunded"), behind=_cash("cash-refunded")),
            Column("net", "Net", "money", attrgetter("net"), behind=_cash("cash-net")),
            Column("payment_count", "Payments", "integer", attrgetter("count"), behind=_cash("cash-payments")),
        ),
        rows=found.lines,
        total=len(found.lines),
        summary=[
            ("Received", Money(total.received, currency)),
            ("Refunded", Money(total.refunded, currency)),
            ("Net", Money(total.net, currency)),
            ("Payments", f"{total.count:,}"),
        ],
        definitions=definitions(connection, ("cash_received", "refunded_amount", "cash_net")),
        behind=cash_behind(found.days),
    )  # fmt: skip


def roll_forward_document(
    connection: Connection,
    months: tuple[Movement, ...],
    days: DateRange,
    currency: str,
    stamp: Stamp,
    filters: Filters,
    *,
    former: tuple[Movement, ...] = (),
) -> Document:
    """Return what became of the receivables, month by month; with ``former`` months, their closing balances beside them."""
    names = ("opening", "billed", "collected", "refunded", "adjusted", "written_off", "recovered", "closing")
    ends = [("Opening", months[0].opening), ("Closing", months[-1].closing)] if months else []
    then = dict(zip((month.month for month in months), former, strict=False))
    return _document(
        "roll-forward", "Roll-forward of receivables", days, currency, stamp, filters,
        columns=(
            _column("month", "Month", "date"),
            _column("as_of_date", "As of", "date"),
            Column("partial", "Partial", "text", _partial),
            *(
                replace(
                    _column(name, name.replace("_", " ").capitalize(), "money"), behind=roll_forward_links.of_month(name, stamp)
                )
                for name in names
            ),
            Column(
                "receivables_closing", "Receivables", "money", attrgetter("receivables"),
                behind=roll_forward_links.of_month("receivables", stamp),
            ),
            Column(
                "credits_closing", "Credits", "money", attrgetter("credits"),
                behind=roll_forward_links.of_month("credits", stamp),
            ),
            *_former_columns(then, stamp),
        ),
        rows=months,
        total=len(months),
        summary=[(label, Money(amount, currency)) for label, amount in ends],
        notes=["Balances are net of credits; receivables and credits at each month's end stand beside them."],
        behind=roll_forward_links.of_ends(months, stamp),
        definitions=definitions(connection, ("opening_balance", "closing_balance")),
        chart_columns=("month", "closing"),
    )  # fmt: skip


def _former_columns(then: dict[date, Movement], stamp: Stamp) -> list[Column]:
    if not then:
        return []
    of = roll_forward_links.of_month("closing", stamp)
    return [
        Column(
            "former_month", "Compared with", "date", lambda row: then[row.month].month if row.month in then else None
        ),
        Column(
            "former_closing",
            "Closing then",
            "money",
            lambda row: then[row.month].closing if row.month in then else None,
            behind=lambda row: of(then[row.month]) if row.month in then else None,
        ),
    ]


def credits_document(connection: Connection, report: CreditReport, stamp: Stamp, filters: Filters) -> Document:
    """Return open credits, streamed."""
    currency = report.currency
    return _document(
        "credits", f"Credits open on {stamp.business_date}", report.days, currency, stamp, filters,
        columns=(
            _column("hospital_id", "Hospital", "text"),
            _column("patient_id", "Patient", "text"),
            _column("invoice_id", "Invoice", "text"),
            _column("payment_id", "Payment", "text"),
            _column("kind", "Kind", "text"),
            _column("amount", "Amount", "money"),
            _column("since_date", "Since", "date"),
            _column("age_days", "Days", "integer"),
            _column("bucket", "Age", "text"),
        ),
        rows=credits_stream(connection, report),
        total=report.total.count,
        behind={
            "Credits of these days": Behind("open-credits", {"startDate": report.days.start, "endDate": report.days.end}),
            "All open credits": Behind("all-open-credits"),
        },
        summary=[
            ("Credits of these days", Money(report.total.amount, currency)),
            ("All open credits", Money(report.all_open.amount, currency)),
        ],
        definitions=definitions(connection, ("open_credits", "credit_age")),
    )  # fmt: skip


def cash_behind(days: DateRange) -> dict[str, Behind]:
    """Return where the totals of cash receipts lead."""
    figures = {"Received": "cash-received", "Refunded": "cash-refunded", "Net": "cash-net", "Payments": "cash-payments"}
    return {label: Behind(figure, {"startDate": days.start, "endDate": days.end}) for label, figure in figures.items()}


def _cash(figure: str) -> Callable[[Receipt], Behind]:
    return lambda line: Behind(figure, {"startDate": line.day, "endDate": line.day, "method": line.method})


def _document(
    name: str, title: str, days: DateRange, currency: str, stamp: Stamp, filters: Filters, **more: Any
) -> Document:
    file = f"{name}-{days.start}-{days.end}-{currency.lower()}"
    return Document(file, title, currency, stamp=stamp, filters=filters, **more)


def _column(
    name: str, label: str, kind: Kind, path: str | None = None, behind: Callable[[Any], Behind | None] | None = None
) -> Column:
    return Column(name, label, kind, attrgetter(path or name), behind=behind)


def _partial(row: Any) -> str:
    return "partial" if row.partial else ""


def _rate(sums: Collected) -> Decimal:
    return Decimal(percent(sums.collected, sums.billed))


def _net_rate(sums: Collected) -> Decimal:
    return Decimal(percent(sums.collected, sums.net_billed))
