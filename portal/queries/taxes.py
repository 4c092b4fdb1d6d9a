"""Tax of some days by its rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange, Granularity, Period, periods
from portal.queries.sql import rows

_BY_RATE = """
    select tax_rate as rate, array_agg(distinct rate_kind order by rate_kind) as kinds, sum(taxable_amount) as taxable,
           sum(tax) as tax, sum(invoice_count)::bigint as invoice_count
    from rpt_tax_daily
    where currency = :currency and tax_date between :start and :end
    group by tax_rate
    order by tax_rate desc nulls last"""

# Weeks start on Mondays here: date_trunc follows ISO. Without a zone, as a day has none.
_BY_PERIOD = """
    select date_trunc(:granularity, tax_date::timestamp)::date as period, sum(taxable_amount) as taxable, sum(tax) as tax,
           sum(invoice_count)::bigint as invoice_count
    from rpt_tax_daily
    where currency = :currency and tax_date between :start and :end
    group by 1"""


@dataclass(frozen=True)
class TaxSums:
    """Tax of some days, at whatever rates."""

    taxable: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    invoice_count: int = 0


@dataclass(frozen=True)
class _TaxStep:
    period: date
    taxable: Decimal
    tax: Decimal
    invoice_count: int


@dataclass(frozen=True)
class TaxRate:
    """Tax of one rate in percent, None where tax and amount give none; ``kinds`` says how it was found."""

    rate: Decimal | None
    kinds: list[str]
    taxable: Decimal
    tax: Decimal
    invoice_count: int


@dataclass(frozen=True)
class TaxSummary:
    """Tax of invoices by invoice date, less cancellations and credit notes on their own dates; the highest rate first."""

    days: DateRange
    currency: str
    rates: tuple[TaxRate, ...]

    @property
    def tax(self) -> Decimal:
        """All tax."""
        return sum((rate.tax for rate in self.rates), Decimal(0))

    @property
    def taxable(self) -> Decimal:
        """What was taxed, at whatever rate."""
        return sum((rate.taxable for rate in self.rates), Decimal(0))

    @property
    def invoice_count(self) -> int:
        """All invoices of the days; an invoice has one rate."""
        return sum(rate.invoice_count for rate in self.rates)


def tax_summary(connection: Connection, days: DateRange, currency: str) -> TaxSummary:
    """Return the tax of the hospitals in reach."""
    parameters = {"currency": currency, "start": days.start, "end": days.end}
    return TaxSummary(days, currency, tuple(rows(connection, _BY_RATE, parameters, TaxRate)))


def tax_steps(
    connection: Connection, days: DateRange, currency: str, granularity: Granularity, business_date: date
) -> list[tuple[Period, TaxSums]]:
    """Return the tax of each period of the days, empty ones too."""
    parameters = {"currency": currency, "start": days.start, "end": days.end, "granularity": granularity}
    found = {
        step.period: TaxSums(step.taxable, step.tax, step.invoice_count)
        for step in rows(connection, _BY_PERIOD, parameters, _TaxStep)
    }
    return [(period, found.get(period.start, TaxSums())) for period in periods(days, granularity, business_date)]
