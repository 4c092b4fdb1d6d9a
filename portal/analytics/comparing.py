"""Periods beside the one before and the same one of the year before, like for like (``docs/metrics.md``, Calendar)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from portal.analytics.periods import DateRange, months_before, months_from

Grain = Literal["month", "quarter", "year"]
MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
Amount = Callable[[DateRange], Decimal]
"""The figure of some days."""


@dataclass(frozen=True)
class Former:
    """What a period is compared with."""

    days: DateRange
    amount: Decimal
    change: Decimal

    @property
    def change_percent(self) -> Decimal | None:
        """Change in percent of the former amount's size; None where that is 0: no percentage says how much more it is."""
        return self.change * 100 / abs(self.amount) if self.amount else None


@dataclass(frozen=True)
class Compared:
    """A period, of which ``counted`` are the days that have come, and the former ones as far."""

    days: DateRange
    counted: DateRange
    amount: Decimal
    previous: Former
    year_before: Former

    @property
    def partial(self) -> bool:
        """Whether it is still running."""
        return self.counted != self.days


def compare(days: DateRange, months: int, business_date: date, amount: Amount) -> Compared:
    """Return a period of so many whole months beside the former ones; of a running one, the same days of them.

    Args:
        days: from a first to a last day of a month, beginning on the business date at the latest.
        months: length of the period: the one before lies so many months back.
        business_date: last day that counts.
        amount: gives the figure of any days.
    """
    counted = DateRange(days.start, min(days.end, business_date))
    this = amount(counted)

    def former(back: int) -> Former:
        then = months_before(counted, back)
        found = amount(then)
        return Former(then, found, this - found)

    return Compared(days, counted, this, former(months), former(12))


def compared_periods(days: DateRange, grain: Grain, business_date: date, amount: Amount) -> Iterator[Compared]:
    """Yield every month, quarter or year that ``days`` touch, up to the business date, empty ones too."""
    for period in calendar_periods(DateRange(days.start, min(days.end, business_date)), grain):
        yield compare(period, MONTHS[grain], business_date, amount)


def calendar_periods(days: DateRange, grain: Grain) -> Iterator[DateRange]:
    """Yield the whole months, quarters or years that ``days`` touch; none if these end before the first."""
    months = MONTHS[grain]
    start = days.start.replace(month=(days.start.month - 1) // months * months + 1, day=1)
    while start <= days.end:
        following = months_from(start, months)
        yield DateRange(start, following - timedelta(days=1))
        start = following
