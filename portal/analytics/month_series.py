"""Money by month as forecasts read it: closed months without gaps, the running one left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portal.analytics.periods import months_from

SETTLING_DAYS = 7
"""A month is closed once so many days of the next one are over: cases and payments of its last days are posted late."""
MOST_MONTHS = 60
"""Older months say little about the next ones; five years hold five of every season."""
_SPARE_MONTHS = 24


@dataclass(frozen=True)
class MonthSeries:
    """Amounts of consecutive months in one currency, the oldest first; ``start`` is the first day of the first."""

    start: date
    amounts: tuple[Decimal, ...]

    @property
    def months(self) -> tuple[date, ...]:
        """The first day of each month."""
        return tuple(month_after(self.start, step) for step in range(len(self.amounts)))

    @property
    def next_month(self) -> date:
        """The first day of the month after the last."""
        return month_after(self.start, len(self.amounts))

    def until(self, month: date) -> MonthSeries:
        """Return the months before ``month``."""
        kept = max(0, months_between(self.start, month))
        return MonthSeries(self.start, self.amounts[:kept])


def closed_months(amounts: Mapping[date, Decimal], business_date: date) -> MonthSeries:
    """Return the closed months of ``amounts``, those without an entry as 0.

    Args:
        amounts: by first day of month; months with nothing may be missing.
        business_date: up to when they were added up. The month that it lies in runs still, and the one before is closed
            only after ``SETTLING_DAYS``.

    Returns:
        At most the last ``MOST_MONTHS``, from the first month with any amount on. That one is left out where enough others
        remain: activity rarely begins on the first of a month. Empty if there is none.
    """
    end = (business_date - timedelta(days=SETTLING_DAYS)).replace(day=1)
    active = [month for month, amount in amounts.items() if amount and month < end]
    if not active:
        return MonthSeries(end, ())
    start = min(active)
    if months_between(start, end) > _SPARE_MONTHS:
        start = month_after(start, 1)
    start = max(start, month_after(end, -MOST_MONTHS))
    count = months_between(start, end)
    return MonthSeries(start, tuple(amounts.get(month_after(start, step), Decimal(0)) for step in range(count)))


def month_after(month: date, steps: int) -> date:
    """Return the first day of the month ``steps`` after the one of ``month`` (before it, if negative)."""
    return months_from(month.replace(day=1), steps)


def months_between(first: date, last: date) -> int:
    """Return how many months lie from ``first`` to ``last``, the first of them included."""
    return (last.year - first.year) * 12 + last.month - first.month
