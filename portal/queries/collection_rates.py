"""How much of what was billed has been collected: money applied to the invoices of a period, as of the business date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange, Granularity, periods
from portal.queries.sql import rows

# Weeks start on Mondays here: date_trunc follows ISO. Without a zone, as a day has none.
_STEPS = """
    select date_trunc(:granularity, invoice_date::timestamp)::date as period, sum(billed) as billed,
           sum(applied) as collected, sum(contractual) as contractual, sum(invoice_count)::bigint as count
    from rpt_collections_daily
    where currency = :currency and invoice_date between :start and :end
    group by 1"""


@dataclass(frozen=True)
class CollectionFilter:
    """Invoices of which days, and the steps of the trend."""

    days: DateRange
    currency: str
    granularity: Granularity = "month"


@dataclass(frozen=True)
class Collected:
    """What was billed on some invoices and what has come in for them since; credits are not in it."""

    billed: Decimal = Decimal(0)
    collected: Decimal = Decimal(0)
    contractual: Decimal = Decimal(0)
    count: int = 0

    @property
    def net_billed(self) -> Decimal:
        """What can be collected: contractual adjustments are taken off."""
        return self.billed - self.contractual

    def __add__(self, other: Collected) -> Collected:
        return Collected(
            self.billed + other.billed, self.collected + other.collected,
            self.contractual + other.contractual, self.count + other.count,
        )  # fmt: skip


@dataclass(frozen=True)
class CollectionStep:
    """One step of the trend; ``period`` is its first day."""

    period: date
    partial: bool
    sums: Collected


@dataclass(frozen=True)
class CollectionReport:
    """Every period of some days, empty ones with 0, and their sum."""

    asked: CollectionFilter
    total: Collected
    steps: tuple[CollectionStep, ...]


@dataclass(frozen=True)
class _Step:
    period: date
    billed: Decimal
    collected: Decimal
    contractual: Decimal
    count: int


def collection_rate(connection: Connection, asked: CollectionFilter, business_date: date) -> CollectionReport:
    """Return what came in for the invoices of the days, in the hospitals in reach."""
    parameters = {
        "granularity": asked.granularity, "currency": asked.currency, "start": asked.days.start, "end": asked.days.end,
    }  # fmt: skip
    found = {
        step.period: Collected(step.billed, step.collected, step.contractual, step.count)
        for step in rows(connection, _STEPS, parameters, _Step)
    }
    steps = tuple(
        CollectionStep(period.start, period.partial, found.get(period.start, Collected()))
        for period in periods(asked.days, asked.granularity, business_date)
    )
    return CollectionReport(asked, sum((step.sums for step in steps), Collected()), steps)
