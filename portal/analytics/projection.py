"""Where a year will end: what its closed months had, and what the others are expected to bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.analytics.forecasting import Band, forecast
from portal.analytics.month_series import closed_months
from portal.analytics.periods import DateRange
from portal.analytics.practice import Measure, PracticeDay, total

PROJECTED: tuple[Measure, ...] = ("compensation", "billed", "cases")
"""What a projection can be made of: of what was paid, the newest months are not complete."""
_DECEMBER = 12


@dataclass(frozen=True)
class Projection:
    """A year's figure with its bands; ``closed_to`` is the last day that counts as it came, None if no month is closed yet."""

    amount: Decimal
    bands: tuple[Band, ...]
    closed_to: date | None


def year_end(days: Sequence[PracticeDay], measure: Measure, business_date: date, currency: str) -> Projection | None:
    """Return what the business date's calendar year will come to.

    It is never below what has come already, nor is its band.

    Args:
        days: of the practice, in order.
        measure: one of ``PROJECTED``; None is returned for others.
        business_date: last day that counts.
        currency: of amounts; cases are whole.

    Returns:
        None without a closed month, and in the first days of January, when the year before is not closed.
    """
    amounts: dict[date, Decimal] = {}
    for day in days:
        month = day.day.replace(day=1)
        amounts[month] = amounts.get(month, Decimal(0)) + day.amount(measure)
    series = closed_months(amounts, business_date)
    if measure not in PROJECTED or not series.amounts or series.next_month.year < business_date.year:
        return None
    ahead = forecast(series, currency, _DECEMBER + 1 - series.next_month.month)
    if ahead is None:
        return None
    start = date(business_date.year, 1, 1)
    closed = sum((amounts.get(month, Decimal(0)) for month in series.months if month >= start), Decimal(0))
    came = total(days, DateRange(start, business_date)).amount(measure)

    def at_least(amount: Decimal) -> Decimal:
        figure = max(closed + amount, came)
        return figure.quantize(Decimal(1), ROUND_HALF_UP) if measure == "cases" else figure

    return Projection(
        at_least(ahead.total.amount),
        _bands(ahead.total.bands, at_least),
        series.next_month - timedelta(days=1) if series.next_month > start else None,
    )


def _bands(bands: Sequence[Band], at_least: Callable[[Decimal], Decimal]) -> tuple[Band, ...]:
    return tuple(Band(band.level, at_least(band.low), at_least(band.high)) for band in bands)
