"""Calendar of the reports: ISO weeks, clipped periods, like-for-like comparisons (``docs/metrics.md``, Calendar)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Granularity = Literal["day", "week", "month"]
Comparison = Literal["previous", "year"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DateRange:
    """Days from ``start`` to ``end``, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    @property
    def whole_months(self) -> DateRange:
        """The months that it touches, from the first day of the first to the last day of the last."""
        last = self.end.replace(day=monthrange(self.end.year, self.end.month)[1])
        return DateRange(self.start.replace(day=1), last)

    @property
    def is_whole_months(self) -> bool:
        """Whether it runs from a first to a last day of a month."""
        return self.start.day == 1 and (self.end + _DAY).day == 1


@dataclass(frozen=True)
class Period:
    """One step of a series: ``start`` names it, ``shown`` is the part of it inside the range."""

    start: date
    shown: DateRange
    partial: bool


def month_to_date(business_date: date) -> DateRange:
    """Return the days of the current month up to ``business_date``: what a report shows unless told otherwise."""
    return DateRange(business_date.replace(day=1), business_date)


def last_whole_month(business_date: date) -> DateRange:
    """Return the newest month of which every day has come."""
    running = month_to_date(business_date)
    return running if running.is_whole_months else months_before(running.whole_months, 1)


def first_day(day: date, granularity: Granularity) -> date:
    """Return the first day of the day, ISO week or month that ``day`` is in."""
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "month" else day


def periods(days: DateRange, granularity: Granularity, business_date: date) -> Iterator[Period]:
    """Yield every period that touches ``days``; ``partial`` if the range or the business date cuts it short."""
    start = first_day(days.start, granularity)
    while start <= days.end:
        last = _next(start, granularity) - _DAY
        shown = DateRange(max(start, days.start), min(last, days.end))
        yield Period(start, shown, partial=shown != DateRange(start, last) or last > business_date)
        start = last + _DAY


def count_periods(days: DateRange, granularity: Granularity) -> int:
    """Return how many periods ``periods`` yields, without making them."""
    if granularity == "month":
        return (days.end.year - days.start.year) * 12 + days.end.month - days.start.month + 1
    step = 7 if granularity == "week" else 1
    return (days.end - first_day(days.start, granularity)).days // step + 1


def compared(days: DateRange, to: Comparison, granularity: Granularity, business_date: date) -> DateRange:
    """Return the days that ``days`` is fairly compared with.

    What lies after the business date is left out first, so that a running period meets as many days of the former one.
    Whole months meet whole months; a month cut short ends on the same day of the former one, capped at its end
    (1–30 March meets 1–28 February); a running week meets the same weekdays; anything else meets as many days before.
    """
    if days.start <= business_date < days.end:
        days = DateRange(days.start, business_date)
    if to == "year":
        return months_before(days, 12)
    if days.start.day == 1 and not (granularity == "week" and days.start.weekday() == 0 and days.days % 7 == 0):
        return months_before(days, count_periods(days, "month"))
    step = days.days
    if granularity == "week" and days.start.weekday() == 0:
        step = -(-step // 7) * 7
    return DateRange(days.start - timedelta(days=step), days.end - timedelta(days=step))


def months_before(days: DateRange, months: int) -> DateRange:
    """Return the same days ``months`` earlier, capped at month ends; whole months stay whole."""
    start, end = months_from(days.start, -months), months_from(days.end, -months)
    if days.is_whole_months:
        end = end.replace(day=monthrange(end.year, end.month)[1])
    return DateRange(start, end)


def months_from(day: date, months: int) -> date:
    """Return the same day ``months`` later (earlier, if negative), or the last of that month if it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _next(start: date, granularity: Granularity) -> date:
    if granularity == "month":
        return months_from(start, 1)
    return start + timedelta(days=7 if granularity == "week" else 1)
