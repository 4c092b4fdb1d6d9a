"""Work and pay of providers day by day, and the sums of any days of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal, TypeVar

from portal.analytics.periods import DateRange

Measure = Literal["compensation", "paid", "billed", "cases"]
Sums = TypeVar("Sums")
_DAY = attrgetter("day")


@dataclass(frozen=True)
class Work:
    """Cases that stand, those of them whose minutes are known, and money net of reversals."""

    case_count: int = 0
    reversed_case_count: int = 0
    timed_case_count: int = 0
    minutes: Decimal = Decimal(0)
    units: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)

    @property
    def average_minutes(self) -> Decimal:
        """Minutes of a case whose minutes are known; 0 without any."""
        return self.minutes / self.timed_case_count if self.timed_case_count else Decimal(0)

    @property
    def cases_per_hour(self) -> Decimal:
        """Productivity: cases whose minutes are known, by their hours; 0 without any."""
        return 60 * self.timed_case_count / self.minutes if self.minutes else Decimal(0)


@dataclass(frozen=True)
class PracticeFigures(Work):
    """Work with the pay that was calculated for it; cases whose pay cannot be calculated are counted."""

    compensation: Decimal = Decimal(0)
    uncalculated_case_count: int = 0

    def amount(self, measure: Measure) -> Decimal:
        """Return one of the figures that add up over days."""
        return Decimal(self.case_count) if measure == "cases" else Decimal(getattr(self, measure))


@dataclass(frozen=True)
class PracticeDay(PracticeFigures):
    """Figures of one day."""

    day: date = date.min


def added(parts: Iterable[Sums], kind: type[Sums]) -> Sums:
    """Return the sum of ``parts``, field by field of ``kind``, a dataclass whose defaults are its zeros."""
    found = list(parts)
    zeros: dict[str, Any] = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: sum((getattr(part, name) for part in found), zero) for name, zero in zeros.items()})


def total(days: Sequence[PracticeDay], between: DateRange) -> PracticeFigures:
    """Return the figures of the days from first to last of ``between``; ``days`` are in order."""
    first = bisect_left(days, between.start, key=_DAY)
    return added(days[first : bisect_right(days, between.end, key=_DAY)], PracticeFigures)
