"""How fast a year's income comes: running totals, costs against it, and where the year will end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from portal.analytics.periods import DateRange, months_before
from portal.analytics.practice import Measure, PracticeDay


@dataclass(frozen=True)
class Running:
    """What had come by a day of the year, and by the same day of the year before; None after the business date."""

    day: date
    amount: Decimal | None
    year_before: Decimal


def running_totals(days: Sequence[PracticeDay], measure: Measure, business_date: date) -> list[Running]:
    """Return the running totals of the business date's calendar year, for each of its days; 29 February has no day before."""
    year = DateRange(date(business_date.year, 1, 1), date(business_date.year, 12, 31))
    this, former = _to_date(days, year, measure), _to_date(days, months_before(year, 12), measure)
    return [
        Running(day, this[day] if day <= business_date else None, former[months_before(DateRange(day, day), 12).end])
        for day in this
    ]


@dataclass(frozen=True)
class Burn:
    """Costs of some months beside the income of the same ones."""

    months: DateRange
    income: Decimal
    costs: Decimal
    month_count: int

    @property
    def monthly_costs(self) -> Decimal:
        """What a month costs on average."""
        return self.costs / self.month_count

    @property
    def covered_percent(self) -> Decimal:
        """Income in percent of the costs."""
        return self.income * 100 / self.costs


def burn_rate(costs: Sequence[tuple[DateRange, Decimal]], income: Sequence[Decimal]) -> Burn | None:
    """Return what months cost and brought in; None without costs.

    Args:
        costs: whole months with the costs that are known of them, in order.
        income: of the same months.
    """
    known = [(month, cost, came) for (month, cost), came in zip(costs, income, strict=True) if cost]
    if not known:
        return None
    span = DateRange(known[0][0].start, known[-1][0].end)
    return Burn(
        span, sum((came for *_, came in known), Decimal(0)), sum((cost for _, cost, _ in known), Decimal(0)), len(known)
    )


def _to_date(days: Sequence[PracticeDay], year: DateRange, measure: Measure) -> dict[date, Decimal]:
    amounts = {day.day: day.amount(measure) for day in days}
    each = [year.start + timedelta(days=past) for past in range(year.days)]
    return dict(zip(each, accumulate(amounts.get(day, Decimal(0)) for day in each), strict=True))
