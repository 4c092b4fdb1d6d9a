"""Credits that are open on the business date: money to apply or to give back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import one, rows, stream

KINDS = ("overpaid", "prepaid", "cancelled", "unmatched", "unapplied")
BUCKETS = ("0-30", "31-60", "61-90", "91+")
_ROWS = """
    select hospital_id, patient_id, invoice_id, payment_id, kind, amount, since_date, age_days, bucket
    from rpt_credits
    where currency = :currency and since_date between :start and :end
    order by since_date, hospital_id, patient_id, invoice_id, payment_id, credit_key"""
_SUMS = """
    select {column} as name, sum(amount) as amount, count(*) as count
    from rpt_credits
    where currency = :currency and since_date between :start and :end
    group by 1"""
_ALL = "select coalesce(sum(amount), 0) as amount, count(*) as count from rpt_credits where currency = :currency"


@dataclass(frozen=True)
class Credit:
    """One open credit; ``since_date`` is the day on which the balance last fell below zero."""

    hospital_id: str
    patient_id: str | None
    invoice_id: str | None
    payment_id: str | None
    kind: str
    amount: Decimal
    since_date: date
    age_days: int
    bucket: str


@dataclass(frozen=True)
class CreditSum:
    """Credits added up."""

    amount: Decimal
    count: int


@dataclass(frozen=True)
class CreditReport:
    """Credits that arose on some days and are still open; ``all_open`` are those of other days too."""

    days: DateRange
    currency: str
    total: CreditSum
    all_open: CreditSum
    kinds: dict[str, CreditSum]
    buckets: dict[str, CreditSum]


@dataclass(frozen=True)
class _Named:
    name: str
    amount: Decimal
    count: int


def open_credits(connection: Connection, days: DateRange, currency: str) -> CreditReport:
    """Return the sums of the credits in reach, by kind and by age; kinds and ages without any are 0."""
    kinds = _sums(connection, "kind", KINDS, days, currency)
    buckets = _sums(connection, "bucket", BUCKETS, days, currency)
    total = CreditSum(
        sum((found.amount for found in kinds.values()), Decimal(0)), sum(found.count for found in kinds.values())
    )
    return CreditReport(days, currency, total, one(connection, _ALL, {"currency": currency}, CreditSum), kinds, buckets)


def credits_page(connection: Connection, report: CreditReport, page: int, limit: int) -> list[Credit]:
    """Return one page of the credits, oldest first."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    return rows(
        connection, f"{_ROWS} limit :limit offset :offset", _parameters(report.days, report.currency) | part, Credit
    )


def credits_stream(connection: Connection, report: CreditReport) -> Iterator[Credit]:
    """Yield the credits, oldest first."""
    return stream(connection, _ROWS, _parameters(report.days, report.currency), Credit)


def _sums(
    connection: Connection, column: str, names: tuple[str, ...], days: DateRange, currency: str
) -> dict[str, CreditSum]:
    found = rows(connection, _SUMS.format(column=column), _parameters(days, currency), _Named)
    sums = {row.name: CreditSum(row.amount, row.count) for row in found}
    return {name: sums.get(name, CreditSum(Decimal(0), 0)) for name in (*names, *sorted(sums.keys() - set(names)))}


def _parameters(days: DateRange, currency: str) -> dict[str, Any]:
    return {"currency": currency, "start": days.start, "end": days.end}
