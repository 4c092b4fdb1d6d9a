"""Tax over time, beside the days that it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.charts import Bar, Figure, Spec, Theme, bars_chart
from portal.analytics.periods import DateRange, Granularity, Period
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.exports.pictures import period_label
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.taxes import TaxSums

_FIGURES: dict[str, tuple[str, Kind, str]] = {
    "taxable": ("Taxable amount", "money", "taxable-amount"),
    "tax": ("Tax", "money", "tax"),
    "invoice_count": ("Invoices", "integer", "tax-invoices"),
}


@dataclass(frozen=True)
class TaxStep:
    """Tax of one period, and of the one that it is compared with."""

    period: Period
    sums: TaxSums
    former_period: Period | None = None
    former: TaxSums | None = None


def tax_series_document(
    connection: Connection,
    steps: Sequence[TaxStep],
    currency: str,
    stamp: Stamp,
    filters: Filters,
    former: DateRange | None,
) -> Document:
    """Return tax by period."""
    then = [
        Column(
            "former_period",
            "Compared with",
            "date",
            lambda step: step.former_period.start if step.former_period else None,
        ),
        Column(
            "former_tax", "Tax then", "money", lambda step: step.former.tax if step.former else None, behind=_of_former
        ),
    ]
    return Document(
        f"tax-series-{currency.lower()}", "Tax over time", currency,
        columns=(
            Column("period", "Period", "date", attrgetter("period.start")),
            Column("partial", "Partial", "text", lambda step: "partial" if step.period.partial else ""),
            *(
                Column(name, label, kind, attrgetter(f"sums.{name}"), behind=_behind(figure))
                for name, (label, kind, figure) in _FIGURES.items()
            ),
            *(then if former else []),
        ),
        rows=steps,
        total=len(steps),
        stamp=stamp,
        filters=filters,
        notes=[f"Compared with {former.start} to {former.end}, like for like."] if former else [],
        definitions=definitions(connection, ("tax_amount", "taxable_amount")),
        chart_columns=("period", "tax", *(("former_tax",) if former else ())),
    )  # fmt: skip


def tax_chart(steps: Sequence[TaxStep], currency: str, granularity: Granularity, theme: Theme) -> Spec:
    """Return tax over time as bars, the compared days as points."""
    years = len({step.period.start.year for step in steps}) > 1
    bars = [
        Bar(
            step.period.start, period_label(step.period.start, granularity, years), step.sums.tax, step.period.partial,
            step.former.tax if step.former else None,
        )
        for step in steps
    ]  # fmt: skip
    return bars_chart(bars, Figure("Tax", currency), "Tax over time", theme)


def _behind(figure: str) -> Callable[[TaxStep], Behind]:
    return lambda step: Behind(figure, {"startDate": step.period.shown.start, "endDate": step.period.shown.end})


def _of_former(step: TaxStep) -> Behind | None:
    shown = step.former_period.shown if step.former_period else None
    return Behind("tax", {"startDate": shown.start, "endDate": shown.end}) if shown else None
