"""Revenue of each period beside the period before and the same one of the year before, like for like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from portal.analytics.comparing import Former
from portal.analytics.periods import DateRange
from portal.queries.revenue import Basis
from portal.queries.sql import rows, values

Grain = Literal["month", "quarter", "year", "fiscal_quarter", "fiscal_year"]
# Of several hospitals each is compared with its own former days: the sums are like for like, whatever day it is where.
_PERIODS = """
    select period_start as period, max(period_end) as period_end, max(days_counted) as days_counted,
           bool_or(is_partial) as partial, sum(amount) as amount,
           min(previous_from) as previous_from, max(previous_to) as previous_to, sum(previous_amount) as previous_amount,
           min(year_before_from) as year_before_from, max(year_before_to) as year_before_to,
           sum(year_before_amount) as year_before_amount
    from rpt_period_comparisons
    where currency = :currency and basis = :basis and grain = :grain
      and period_start <= :end and period_end >= :start
    group by period_start
    order by period_start"""


@dataclass(frozen=True)
class ComparisonFilter:
    """Which periods: those that touch ``days``."""

    days: DateRange
    currency: str
    basis: Basis = "collected"
    grain: Grain = "month"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statement is given."""
        return {
            "currency": self.currency, "basis": self.basis, "grain": self.grain,
            "start": self.days.start, "end": self.days.end,
        }  # fmt: skip


@dataclass(frozen=True)
class ComparedPeriod:
    """A period; of a running one (``partial``) so many days count, and as many of the former ones."""

    period: date
    period_end: date
    days_counted: int
    partial: bool
    amount: Decimal
    previous_from: date
    previous_to: date
    previous_amount: Decimal
    year_before_from: date
    year_before_to: date
    year_before_amount: Decimal

    @property
    def previous(self) -> Former:
        """The period before."""
        days = DateRange(self.previous_from, self.previous_to)
        return Former(days, self.previous_amount, self.amount - self.previous_amount)

    @property
    def year_before(self) -> Former:
        """The same period of the year before."""
        days = DateRange(self.year_before_from, self.year_before_to)
        return Former(days, self.year_before_amount, self.amount - self.year_before_amount)


def compared_periods(connection: Connection, asked: ComparisonFilter) -> list[ComparedPeriod]:
    """Return the periods in order, from the first activity on, empty ones too."""
    return rows(connection, _PERIODS, asked.parameters, ComparedPeriod)


def fiscal_year_starts(connection: Connection) -> list[int]:
    """Return the first months of the fiscal years in reach."""
    return values(connection, "select distinct fiscal_year_start from dim_hospitals order by 1")
