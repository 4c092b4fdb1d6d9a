"""From checked parameters to what the queries are asked: dates, currency and ids settled against the live build."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import abort
from sqlalchemy import Connection

from portal import builds, freshness
from portal.analytics.periods import DateRange, Granularity, count_periods, month_to_date
from portal.api.v1.parameters import (
    MOST_PERIODS,
    AgingFilters,
    BreakdownQuery,
    HistoryQuery,
    OutstandingFilters,
    PayersQuery,
    PeriodQuery,
    RangeQuery,
    RevenueQuery,
)
from portal.api.v1.schema import InvalidParametersError, Query
from portal.exports.document import Stamp
from portal.formatting import moment
from portal.queries import patients, scope
from portal.queries.breakdowns import BreakdownFilter
from portal.queries.open_items import AgingFilter, Allocation
from portal.queries.outstanding import OutstandingFilter
from portal.queries.patients import HistoryFilter, PatientRef
from portal.queries.revenue import RevenueFilter
from portal.queries.scope import Dimension, Hospital
from portal.security import current_hospitals

_OUTSTANDING = (
    "min_amount", "max_amount", "min_days", "max_days", "status", "payer_class", "patient_id", "bucket", "contact", "promise",
)  # fmt: skip
_DIMENSIONS: tuple[Dimension, ...] = ("department", "provider", "payer")


@dataclass(frozen=True)
class Reach:
    """What this request may be about."""

    marts: Connection
    hospitals: tuple[Hospital, ...]
    business_date: date
    currencies: tuple[str, ...]

    @property
    def one_business_date(self) -> bool:
        """Whether it is the same day in every hospital."""
        return len({hospital.business_date for hospital in self.hospitals}) <= 1


def reach() -> Reach:
    """Return the reach of this request: the live build's figures of its hospitals."""
    marts = builds.marts()
    business_date = builds.live_build().business_date(current_hospitals())
    return Reach(marts, tuple(scope.hospitals(marts)), business_date, scope.currencies(marts))


def currency_of(query: Query, choices: tuple[str, ...]) -> str:
    """Return the one currency of the answer: currencies are never added together.

    Raises:
        InvalidParametersError: if none is named where there are several, or one that is not there; it names the choices.
    """
    named = ", ".join(choices)
    if query.currency is None and len(choices) > 1:
        raise InvalidParametersError({"currency": f"is required, as there are several: choose one of {named}"})
    if query.currency is not None and choices and query.currency not in choices:
        raise InvalidParametersError({"currency": f"must be one of {named}"})
    return query.currency or (choices[0] if choices else "USD")


def currencies_shown(query: Query, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the currencies that a page has a block for: the one asked for, else all."""
    return choices if query.currency is None and choices else (currency_of(query, choices),)


def revenue_asked(query: RevenueQuery, currency: str, here: Reach) -> RevenueFilter:
    """Return what to add up.

    Raises:
        InvalidParametersError: for ids that name nothing in reach, reversed days, or too many periods.
    """
    days = range_asked(query, here)
    _not_too_many(days, query.granularity, "granularity")
    given = {name: getattr(query, f"{name}_id") for name in _DIMENSIONS}
    ids = {name: named for name, named in given.items() if named}
    unknown = {
        f"{name}Id": f"names no {name} here" for name, named in ids.items() if not scope.exists(here.marts, name, named)
    }
    if unknown:
        raise InvalidParametersError(unknown)
    return RevenueFilter(days, currency, query.granularity, query.basis, query.compare, ids)


def range_asked(query: RangeQuery, here: Reach) -> DateRange:
    """Return the days of a report for which they need not be said: the current month up to the business date."""
    return _days(query.start_date, query.end_date, month_to_date(here.business_date))


def breakdown_asked(query: BreakdownQuery, currency: str) -> BreakdownFilter:
    """Return which revenue to break down."""
    split = query.split if isinstance(query, PayersQuery) else "payer"
    return BreakdownFilter(days_asked(query), currency, query.basis, split)


def days_asked(query: PeriodQuery, granularity: Granularity = "month", name: str | None = None) -> DateRange:
    """Return the days of a report that has a line for each day, week or month of them.

    Args:
        query: whose days.
        granularity: the lines.
        name: of the parameter that chooses the granularity; without one, it is the days that are too many.

    Raises:
        InvalidParametersError: for too many periods.
    """
    days = DateRange(query.start_date, query.end_date)
    _not_too_many(days, granularity, name)
    return days


def checked_months(days: DateRange) -> DateRange:
    """Return the whole months that ``days`` touch.

    Raises:
        InvalidParametersError: for too many of them.
    """
    _not_too_many(days, "month", None)
    return days.whole_months


def outstanding_asked(
    query: OutstandingFilters, currency: str, here: Reach, end: date | None = None
) -> OutstandingFilter:
    """Return which open invoices; without an as-of date, as of ``end`` or the business date, whichever is earlier.

    Raises:
        InvalidParametersError: for a day after the business date.
    """
    as_of = past_day(query.as_of_date, "asOfDate", here) or _until(end, here)
    known_at = past_day(query.known_at, "knownAt", here)
    if as_of == here.business_date and here.one_business_date:
        as_of = None  # today: the mart that is made for it answers
    conditions = {name: value for name in _OUTSTANDING if (value := getattr(query, name)) is not None}
    return OutstandingFilter(currency, as_of, query.sort, conditions, known_at)


def aging_asked(query: AgingFilters, currency: str, here: Reach, end: date | None = None) -> AgingFilter:
    """Return which open items; without an as-of date, as of ``end`` or the business date, whichever is earlier.

    Raises:
        InvalidParametersError: for a day after the business date.
    """
    as_of = past_day(query.as_of_date, "asOfDate", here) or _until(end, here)
    known_at = past_day(query.known_at, "knownAt", here)
    return aging_on(as_of, currency, here, known_at, query.allocation)


def aging_on(
    as_of: date | None, currency: str, here: Reach, known_at: date | None = None, allocation: Allocation = "linked"
) -> AgingFilter:
    """Return the open items as of a day; None is the business date, each hospital's own."""
    return AgingFilter(currency, as_of or here.business_date, known_at, allocation, own_dates=as_of is None)


def patient_asked(patient_id: str, here: Reach) -> PatientRef:
    """Return the patient called ``patient_id``; 404 if there is none in reach.

    Raises:
        InvalidParametersError: if several hospitals use the id: they are different people.
    """
    known = patients.hospitals_of(here.marts, patient_id) if patient_id.isprintable() else []
    if not known:
        abort(404, "There is no such patient here.")
    if len(known) > 1:
        named = ", ".join(known)
        raise InvalidParametersError({"hospitalId": f"is required, as several hospitals use this id: one of {named}"})
    return PatientRef(known[0], patient_id)


def history_asked(query: HistoryQuery, ref: PatientRef | None, currency: str) -> HistoryFilter:
    """Return which payments; without dates, all of them.

    Raises:
        InvalidParametersError: for reversed days.
    """
    everything = DateRange(date(1900, 1, 1), date(2200, 12, 31))
    days = _days(query.start_date, query.end_date, everything)
    patient_id, hospital_id = (ref.patient_id, ref.hospital_id) if ref else (None, None)
    return HistoryFilter(currency, patient_id, hospital_id, query.status, days.start, days.end)


def past_day(day: date | None, name: str, here: Reach) -> date | None:
    """Return ``day``, the value of parameter ``name``.

    Raises:
        InvalidParametersError: if it is after the business date.
    """
    if day is not None and day > here.business_date:
        raise InvalidParametersError(
            {name: f"is after the business date, {here.business_date}: choose that day or one before"}
        )
    return day


def stamp(here: Reach) -> Stamp:
    """Return where the figures of this request come from, for files."""
    build, zone = builds.live_build(), freshness.current().timezone
    names = tuple(hospital.name for hospital in here.hospitals)
    return Stamp(build.build_id, here.business_date, moment(build.instant, zone), build.warning(zone), names)


def _not_too_many(days: DateRange, granularity: Granularity, name: str | None) -> None:
    if count_periods(days, granularity) > MOST_PERIODS:
        do = "choose a coarser one" if name else "choose an earlier day"
        raise InvalidParametersError({name or "endDate": f"gives more than {MOST_PERIODS:,} periods: {do}"})


def _until(end: date | None, here: Reach) -> date | None:
    # The last day of a running month is still to come: the report is then of the business date.
    return end if end is not None and end < here.business_date else None


def _days(start: date | None, end: date | None, usual: DateRange) -> DateRange:
    # One end given: the other is the usual one, or the same day where that would run backwards.
    first = start or (usual.start if end is None or end >= usual.start else end.replace(day=1))
    last = end or max(usual.end, first)
    return DateRange(first, last)
