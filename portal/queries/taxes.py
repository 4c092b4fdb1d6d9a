"""Tax of some days by its rate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import rows

_BY_RATE = """
    select tax_rate as rate, array_agg(distinct rate_kind order by rate_kind) as kinds, sum(taxable_amount) as taxable,
           sum(tax) as tax, sum(invoice_count)::bigint as invoice_count
    from rpt_tax_daily
    where currency = :currency and tax_date between :start and :end
    group by tax_rate
    order by tax_rate desc nulls last"""


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
