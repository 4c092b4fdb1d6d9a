"""Where the figures of a roll-forward lead: balances to what was open on a day, movements to the events of a month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from portal.analytics.periods import DateRange
from portal.exports.document import Stamp
from portal.queries.accounting import Movement
from portal.queries.figures.behind import Behind

_BALANCES = {"closing": "balance", "receivables": "receivables", "credits": "credits"}


def of_month(figure: str, stamp: Stamp) -> Callable[[Movement], Behind]:
    """Return where a month's figure leads."""
    return lambda month: behind(figure, DateRange(month.month, month.month).whole_months, stamp)


def of_ends(months: tuple[Movement, ...], stamp: Stamp) -> Mapping[str, Behind]:
    """Return where the first opening and the last closing balance lead."""
    if not months:
        return {}
    return {"Opening": of_month("opening", stamp)(months[0]), "Closing": of_month("closing", stamp)(months[-1])}


def behind(figure: str, days: DateRange, stamp: Stamp, hospital_id: str | None = None) -> Behind:
    """Return where a figure of whole months leads."""
    of = {"hospitalId": hospital_id}
    if figure == "opening":
        return Behind("balance", {"asOfDate": _until(days.start - timedelta(days=1), stamp)} | of)
    if figure in _BALANCES:
        return Behind(_BALANCES[figure], {"asOfDate": _until(days.end, stamp)} | of)
    return Behind(f"movement-{figure.replace('_', '-')}", {"startDate": days.start, "endDate": days.end} | of)


def _until(day: date, stamp: Stamp) -> date | None:
    # A month that still runs is of the business date, with everything that was decided since the build.
    return day if day <= stamp.business_date else None
