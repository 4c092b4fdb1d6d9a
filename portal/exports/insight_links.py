"""Where figures of a practice lead: to its cases of exactly their days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import Any

from portal.analytics.periods import DateRange
from portal.analytics.velocity import Running
from portal.queries.figures.behind import CASES, Behind
from portal.queries.workload import ProviderWork

_ADDED_UP = ("Cases", "Calculated pay", "Billed", "Paid")


def of_days(days: DateRange) -> Behind:
    """Return where a figure of some days leads."""
    return Behind(CASES, {"startDate": days.start, "endDate": days.end})


def of_row(days: str) -> Callable[[Any], Behind]:
    """Return where a row leads whose days are its attribute ``days``."""
    read = attrgetter(days)
    return lambda row: of_days(read(row))


def of_month(row: Any) -> Behind:
    """Return where a month of the workload leads."""
    return of_days(row[0].shown)


def of_provider(days: DateRange) -> Callable[[ProviderWork], Behind]:
    """Return where a provider's work of some days leads."""
    of = of_days(days).filters
    return lambda work: Behind(CASES, {**of, "hospitalId": work.hospital_id, "providerId": work.provider_id})


def of_procedure(days: DateRange) -> Callable[[Any], Behind]:
    """Return where the cases of a procedure in some days lead."""
    of = of_days(days).filters
    return lambda share: Behind(CASES, {**of, "cptCode": share.cpt_code})


def of_year_to(step: Running) -> Behind | None:
    """Return where a running total leads; None for days that have not come."""
    return None if step.amount is None else of_days(DateRange(date(step.day.year, 1, 1), step.day))


def of_year_before_to(step: Running) -> Behind:
    """Return where the running total of the year before leads: on 29 February, to the day before it."""
    year, leap = step.day.year - 1, (step.day.month, step.day.day) == (2, 29)
    return of_days(DateRange(date(year, 1, 1), step.day.replace(year=year, day=28 if leap else step.day.day)))


def of_side(days: DateRange) -> Callable[[Any], Behind | None]:
    """Return where the figures of one of two months lead; None for averages, which are no sums."""
    return lambda line: of_days(days) if line.figure in _ADDED_UP else None
