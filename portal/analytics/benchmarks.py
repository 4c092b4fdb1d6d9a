"""What a practice's figures are measured against: its own last months, its department, and the trade's targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Literal

from portal.analytics.periods import DateRange, months_before
from portal.analytics.practice import PracticeDay, PracticeFigures, total

Benchmark = Literal[
    "cases", "average_minutes", "cases_per_hour", "compensation", "paid_per_case", "net_collection_rate"
]
BENCHMARKS: dict[Benchmark, Callable[[PracticeFigures], Decimal]] = {
    "cases": lambda month: Decimal(month.case_count),
    "average_minutes": lambda month: month.average_minutes,
    "cases_per_hour": lambda month: month.cases_per_hour,
    "compensation": lambda month: month.compensation,
    "paid_per_case": lambda month: month.paid / month.case_count if month.case_count else Decimal(0),
}
_ADDING_UP = frozenset({"cases", "compensation"})
MONEY: frozenset[Benchmark] = frozenset({"compensation", "paid_per_case"})
"""Those that are amounts."""
LEAST_PROVIDERS = 5
"""Of fewer colleagues a median would tell what one of them does."""
NET_COLLECTION_TARGET = Decimal(95)
"""Percent. HFMA's MAP Keys define the rate; 95 and more is what well-run practices report."""


@dataclass(frozen=True)
class BenchmarkLine:
    """A figure of the last whole month, and what it is measured against; None where that cannot be said.

    Attributes:
        own_median: of the 12 whole months before, as far as there are any.
        department_median: of the department's providers, each by the monthly mean of those months.
        target: of the trade.
    """

    benchmark: Benchmark
    value: Decimal | None
    own_median: Decimal | None = None
    department_median: Decimal | None = None
    target: Decimal | None = None


def benchmark_lines(
    days: Sequence[PracticeDay], providers: int, colleagues: Sequence[PracticeFigures], month: DateRange
) -> list[BenchmarkLine]:
    """Return every benchmark of ``month``.

    Args:
        days: of the practice, in order.
        providers: whose days those are: figures that add up are said for each of them.
        colleagues: sums of the 12 months before, one for each provider of the department with cases; none, or of fewer
            than ``LEAST_PROVIDERS``: no median is said.
        month: a whole month.
    """
    former = [months_before(month, back) for back in range(1, 13)]
    own = [total(days, each) for each in former if days and each.end >= days[0].day]
    this = total(days, month)
    enough = len(colleagues) >= LEAST_PROVIDERS
    return [
        BenchmarkLine(
            name,
            _said(name, this, providers),
            median(_said(name, each, providers) for each in own) if own else None,
            median(_said(name, each, len(former)) for each in colleagues) if enough else None,
        )
        for name in BENCHMARKS
    ]


def _said(name: Benchmark, figures: PracticeFigures, parts: int) -> Decimal:
    # What adds up is said for one provider, or one month; averages are what they are.
    return BENCHMARKS[name](figures) / (parts if name in _ADDING_UP else 1)
