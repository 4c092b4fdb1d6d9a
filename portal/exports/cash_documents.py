"""Cash receipts over time, beside the days that they are compared with, and by method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from portal.analytics.charts import Bar, Figure, Spec, Theme, bars_chart
from portal.analytics.money import Money, percent
from portal.analytics.periods import Granularity, Period, first_day, periods
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.exports.financial_documents import cash_behind
from portal.exports.pictures import period_label
from portal.queries.accounting import CashReceipts, ReceiptSum
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind

_METRICS = ("cash_received", "refunded_amount", "cash_net")
_FIGURES: dict[str, tuple[str, Kind, str]] = {
    "received": ("Received", "money", "cash-received"),
    "refunded": ("Refunded", "money", "cash-refunded"),
    "net": ("Net", "money", "cash-net"),
    "count": ("Payments", "integer", "cash-payments"),
}


@dataclass(frozen=True)
class CashStep:
    """One period of the series; ``former`` is what came in in the period that it is compared with."""

    period: Period
    sums: ReceiptSum
    former_period: Period | None = None
    former: ReceiptSum | None = None


def cash_steps(
    found: CashReceipts, former: CashReceipts | None, granularity: Granularity, business_date: date
) -> list[CashStep]:
    """Return the receipts by period, empty ones too, paired with those of the compared days by their place."""
    then = _by_period(former, granularity, business_date) if former else []
    return [
        CashStep(period, sums, *(then[place] if place < len(then) else ()))
        for place, (period, sums) in enumerate(_by_period(found, granularity, business_date))
    ]


def cash_series_document(
    connection: Connection,
    found: CashReceipts,
    former: CashReceipts | None,
    steps: Sequence[CashStep],
    stamp: Stamp,
    filters: Filters,
) -> Document:
    """Return cash receipts over time."""
    total, currency = found.total, found.currency
    change = (
        [("Change", f"{percent(total.received - former.total.received, former.total.received)} %")] if former else []
    )
    then = [
        Column(
            "former_period",
            "Compared with",
            "date",
            lambda step: step.former_period.start if step.former_period else None,
        ),
        Column(
            "former_received",
            "Received then",
            "money",
            lambda step: step.former.received if step.former else None,
            behind=_of_former,
        ),
    ]
    return Document(
        f"cash-series-{found.days.start}-{found.days.end}-{currency.lower()}", "Cash receipts over time", currency,
        columns=(
            Column("period", "Period", "date", attrgetter("period.start")),
            Column("partial", "Partial", "text", lambda step: "partial" if step.period.partial else ""),
            *(
                Column(name, label, kind, attrgetter(f"sums.{name}"), behind=_of_step(figure))
                for name, (label, kind, figure) in _FIGURES.items()
            ),
            *(then if former else []),
        ),
        rows=steps,
        total=len(steps),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Received", Money(total.received, currency)),
            ("Refunded", Money(total.refunded, currency)),
            ("Net", Money(total.net, currency)),
            ("Payments", f"{total.count:,}"),
            *change,
        ],
        notes=[f"Compared with {former.days.start} to {former.days.end}, like for like."] if former else [],
        definitions=definitions(connection, _METRICS),
        behind=cash_behind(found.days),
        chart_columns=("period", "received", *(("former_received",) if former else ())),
    )  # fmt: skip


def methods_document(connection: Connection, found: CashReceipts, stamp: Stamp, filters: Filters) -> Document:
    """Return cash receipts by method."""

    def behind(figure: str) -> Callable[[tuple[str, ReceiptSum]], Behind]:
        days = found.days
        return lambda line: Behind(figure, {"startDate": days.start, "endDate": days.end, "method": line[0]})

    lines = list(found.by_method.items())
    return Document(
        f"cash-methods-{found.days.start}-{found.days.end}-{found.currency.lower()}", "Cash receipts by method",
        found.currency,
        columns=(
            Column("method", "Method", "text", lambda line: line[0]),
            *(
                Column(name, label, kind, _of_line(name), behind=behind(figure))
                for name, (label, kind, figure) in _FIGURES.items()
            ),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        definitions=definitions(connection, _METRICS),
    )  # fmt: skip


def cash_chart(steps: Sequence[CashStep], found: CashReceipts, granularity: Granularity, theme: Theme) -> Spec:
    """Return what was received over time as bars, with the compared days as points."""
    years = found.days.start.year != found.days.end.year
    bars = [
        Bar(
            step.period.start, period_label(step.period.start, granularity, years), step.sums.received,
            step.period.partial, step.former.received if step.former else None,
        )
        for step in steps
    ]  # fmt: skip
    title = f"Cash received, {found.days.start} to {found.days.end}"
    return bars_chart(bars, Figure("Cash received", found.currency), title, theme)


def _by_period(found: CashReceipts, granularity: Granularity, business_date: date) -> list[tuple[Period, ReceiptSum]]:
    sums: dict[date, ReceiptSum] = {}
    for line in found.lines:
        start = first_day(line.day, granularity)
        sums[start] = sums.get(start, ReceiptSum()).plus(line)
    return [
        (period, sums.get(period.start, ReceiptSum())) for period in periods(found.days, granularity, business_date)
    ]


def _of_step(figure: str) -> Callable[[CashStep], Behind]:
    return lambda step: Behind(figure, {"startDate": step.period.shown.start, "endDate": step.period.shown.end})


def _of_line(name: str) -> Callable[[tuple[str, ReceiptSum]], Any]:
    return lambda line: getattr(line[1], name)


def _of_former(step: CashStep) -> Behind | None:
    shown = step.former_period.shown if step.former_period else None
    return Behind("cash-received", {"startDate": shown.start, "endDate": shown.end}) if shown else None
