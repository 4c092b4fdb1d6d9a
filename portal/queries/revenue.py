"""Revenue by day, week or month: collected (payments by payment date) or billed (invoices by invoice date)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from portal.analytics.periods import Comparison, DateRange, Granularity, compared, periods
from portal.queries.scope import UNATTRIBUTED, Dimension
from portal.queries.sql import rows

Basis = Literal["collected", "billed"]

# Without filters the requested mart answers, where a payment counts once however many departments share it.
_TOTALS: dict[Basis, str] = {
    "collected": """
        select {period} as period, sum(total_revenue) as revenue, sum(refunded_amount) as refunded,
               sum(net_revenue) as net, sum(payment_count)::bigint as count
        from revenue_metrics
        where currency = :currency and date_key between :start and :end
        group by 1""",
    "billed": """
        select {period} as period, sum(billed_amount) as revenue, 0::numeric as refunded,
               sum(billed_amount) as net, sum(invoice_count)::bigint as count
        from revenue_metrics
        where currency = :currency and date_key between :start and :end
        group by 1""",
}
_FILTERED = """
    select {period} as period, sum(revenue) as revenue, sum(coalesce(refunded_amount, 0)) as refunded,
           sum(revenue - coalesce(refunded_amount, 0)) as net, sum(item_count)::bigint as count
    from rpt_revenue_daily
    where currency = :currency and revenue_date between :start and :end and basis = :basis {filters}
    group by 1"""
_KEYS: dict[Dimension, str] = {
    "department": "department_key in (select department_key from dim_departments where department_id = :department)",
    "provider": "provider_key in (select provider_key from dim_providers where provider_id = :provider)",
    "payer": "payer_key in (select payer_key from dim_payers where payer_id = :payer)",
}


@dataclass(frozen=True)
class RevenueFilter:
    """What to add up. Ids are the source's own, or ``unattributed``."""

    days: DateRange
    currency: str
    granularity: Granularity = "day"
    basis: Basis = "collected"
    compare: Comparison | None = None
    ids: dict[Dimension, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """Money and number of payments (or invoices) of some days."""

    revenue: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    net: Decimal = Decimal(0)
    count: int = 0

    @property
    def average(self) -> Decimal:
        """Revenue per payment (or invoice), unrounded; 0 where there is none."""
        return self.revenue / self.count if self.count else Decimal(0)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.revenue + other.revenue, self.refunded + other.refunded, self.net + other.net, self.count + other.count
        )


@dataclass(frozen=True)
class RevenuePeriod:
    """One step of the series; ``period`` is its first day, ``shown`` the days of it that were added up."""

    period: date
    shown: DateRange
    partial: bool
    figures: Figures


@dataclass(frozen=True)
class RevenueSeries:
    """Every period of some days, empty ones with 0, and their sum."""

    days: DateRange
    total: Figures
    periods: tuple[RevenuePeriod, ...]


@dataclass(frozen=True)
class RevenueReport:
    """The answer to a ``RevenueFilter``."""

    asked: RevenueFilter
    current: RevenueSeries
    former: RevenueSeries | None


@dataclass(frozen=True)
class _Step:
    period: date
    revenue: Decimal
    refunded: Decimal
    net: Decimal
    count: int


def revenue(connection: Connection, asked: RevenueFilter, business_date: date) -> RevenueReport:
    """Return the revenue of the hospitals in reach, and what it is compared with if that was asked."""
    current = _series(connection, asked, asked.days, business_date)
    if asked.compare is None:
        return RevenueReport(asked, current, None)
    former = compared(asked.days, asked.compare, asked.granularity, business_date)
    return RevenueReport(asked, current, _series(connection, asked, former, business_date))


def _series(connection: Connection, asked: RevenueFilter, days: DateRange, business_date: date) -> RevenueSeries:
    found = {
        step.period: Figures(step.revenue, step.refunded, step.net, step.count)
        for step in rows(connection, _statement(asked), _parameters(asked, days), _Step)
    }
    steps = tuple(
        RevenuePeriod(period.start, period.shown, period.partial, found.get(period.start, Figures()))
        for period in periods(days, asked.granularity, business_date)
    )
    return RevenueSeries(days, sum((step.figures for step in steps), Figures()), steps)


def _statement(asked: RevenueFilter) -> str:
    column = "revenue_date" if asked.ids else "date_key"
    # Weeks start on Mondays here: date_trunc follows ISO. Without a zone, as a day has none.
    period = f"date_trunc('{asked.granularity}', {column}::timestamp)::date"
    if not asked.ids:
        return _TOTALS[asked.basis].format(period=period)
    conditions = [f"{name}_key is null" if named == UNATTRIBUTED else _KEYS[name] for name, named in asked.ids.items()]
    return _FILTERED.format(period=period, filters="".join(f" and {condition}" for condition in conditions))


def _parameters(asked: RevenueFilter, days: DateRange) -> dict[str, Any]:
    ids: dict[str, Any] = {str(name): named for name, named in asked.ids.items() if named != UNATTRIBUTED}
    return {"currency": asked.currency, "start": days.start, "end": days.end, "basis": asked.basis, **ids}
