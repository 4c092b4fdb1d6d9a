"""What is forecast: amounts by month of the hospitals in reach, from the queries behind the pages of the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection

from portal.analytics.month_series import MOST_MONTHS, MonthSeries, closed_months, month_after
from portal.analytics.periods import DateRange
from portal.queries.providers import OF_PROVIDERS
from portal.queries.revenue import Basis, RevenueFilter, revenue
from portal.queries.sql import rows

Measure = Literal["compensation", "collected", "billed"]
_BASES: dict[Measure, Basis] = {"collected": "collected", "billed": "billed"}
_PAY = f"""
    select pay.provider_key, pay.month, sum(pay.calculated) as amount
    from rpt_compensation_monthly as pay
    where pay.currency = :currency and pay.month between :start and :end
      and {OF_PROVIDERS.format(column="pay.provider_key")}
    group by pay.provider_key, pay.month"""


@dataclass(frozen=True)
class SeriesFilter:
    """Which series.

    Attributes:
        providers: keys of those whose compensation counts; None is everyone's in reach.
        provider_id: the one whose revenue counts; None is everyone's.
    """

    measure: Measure
    currency: str
    providers: Sequence[UUID] | None = None
    provider_id: str | None = None


@dataclass(frozen=True)
class _Pay:
    provider_key: UUID
    month: date
    amount: Decimal


def month_series(connection: Connection, asked: SeriesFilter, business_date: date) -> MonthSeries:
    """Return the closed months of what is asked for.

    Args:
        connection: the build; its row policies say of which hospitals.
        asked: which amounts.
        business_date: the oldest of those hospitals: no month is closed before it is closed everywhere.
    """
    if asked.measure == "compensation":
        found: dict[date, Decimal] = {}
        for pay in _pay(connection, asked, business_date):
            found[pay.month] = found.get(pay.month, Decimal(0)) + pay.amount
        return closed_months(found, business_date)
    ids = {"provider": asked.provider_id} if asked.provider_id else {}
    wanted = RevenueFilter(_days(business_date), asked.currency, "month", _BASES[asked.measure], ids=ids)  # type: ignore[arg-type]
    steps = revenue(connection, wanted, business_date).current.periods
    return closed_months({step.period: step.figures.revenue for step in steps}, business_date)


def pay_series(connection: Connection, currency: str, business_date: date) -> dict[UUID, MonthSeries]:
    """Return the closed months of each provider's compensation, by key; those who never had any are left out."""
    found: dict[UUID, dict[date, Decimal]] = {}
    for pay in _pay(connection, SeriesFilter("compensation", currency), business_date):
        found.setdefault(pay.provider_key, {})[pay.month] = pay.amount
    made = {key: closed_months(months, business_date) for key, months in sorted(found.items())}
    return {key: series for key, series in made.items() if series.amounts}


def _pay(connection: Connection, asked: SeriesFilter, business_date: date) -> list[_Pay]:
    days = _days(business_date)
    providers = None if asked.providers is None else list(asked.providers)
    parameters = {"currency": asked.currency, "start": days.start, "end": days.end, "providers": providers}
    return rows(connection, _PAY, parameters, _Pay)


def _days(business_date: date) -> DateRange:
    # Two more than the longest series: the running month, and the one that settles.
    return DateRange(month_after(business_date, -MOST_MONTHS - 2), business_date)
