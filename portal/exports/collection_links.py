"""Where rates and key figures lead: to both their parts, each with the rows that add up to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from portal.analytics.periods import DateRange, periods
from portal.exports.document import Stamp
from portal.queries.collection_rates import CollectionReport, CollectionStep
from portal.queries.figures.behind import Behind
from portal.queries.figures.collection_figures import KEY_FIGURES
from portal.queries.figures.kinds import Figure, Ratio
from portal.queries.key_figures import KeyFigure

_TOTALS = {
    "Billed": "collections-billed", "Collected": "collections-applied", "Rate": "collection-rate",
    "Net rate": "net-collection-rate",
}  # fmt: skip


def of_step(report: CollectionReport, stamp: Stamp) -> Callable[[str], Callable[[CollectionStep], Behind]]:
    """Return, for a figure, where it leads from each step of the trend."""
    shown = {one.start: one.shown for one in periods(report.asked.days, report.asked.granularity, stamp.business_date)}

    def of(figure: str) -> Callable[[CollectionStep], Behind]:
        return lambda step: Behind(figure, _between(shown[step.period]))

    return of


def of_total(report: CollectionReport) -> dict[str, Behind]:
    """Return where the figures of all days lead."""
    return {label: Behind(figure, _between(report.asked.days)) for label, figure in _TOTALS.items()}


def of_key_figure(figure: KeyFigure) -> Behind | None:
    """Return where a key figure leads; None where nothing can be said."""
    ratio = KEY_FIGURES.get(figure.metric)
    return None if ratio is None or figure.value is None else Behind(ratio.name, _filters(ratio, figure))


def of_part(part: Literal["numerator", "denominator"]) -> Callable[[KeyFigure], Behind | None]:
    """Return where what a key figure is made of leads."""

    def behind(figure: KeyFigure) -> Behind | None:
        ratio = KEY_FIGURES.get(figure.metric)
        if ratio is None or getattr(figure, part) is None:
            return None
        one: Figure = getattr(ratio, part)
        return Behind(one.name, _filters(one, figure))

    return behind


def _filters(of: Figure | Ratio, figure: KeyFigure) -> dict[str, Any]:
    found: dict[str, Any] = {"hospitalId": figure.hospital_id}
    if "start_date" in of.takes:
        found |= _between(DateRange(figure.month, figure.month).whole_months)
    if "as_of_date" in of.takes:
        found["asOfDate"] = figure.as_of_date
    if "window_days" in of.takes:
        found["windowDays"] = figure.window_days
    return found


def _between(days: DateRange) -> dict[str, Any]:
    return {"startDate": days.start, "endDate": days.end}
