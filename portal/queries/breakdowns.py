"""Revenue by department, by doctor and by payer. What cannot be attributed is a line of its own: totals lose no money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.revenue import Basis
from portal.queries.scope import UNATTRIBUTED
from portal.queries.sql import rows

Split = Literal["payer", "invoice"]
PayerGroup = Literal["insurance", "self_pay"]
PAYER_GROUPS: dict[PayerGroup, str] = {"insurance": "Insurance", "self_pay": "Self-Pay"}

_MONEY = """
    with money as (
        select {key} as key, sum(revenue) as revenue, sum(refunded_amount) as refunded,
               sum(item_count)::bigint as count
        from rpt_revenue_daily
        where currency = :currency and basis = :basis and revenue_date between :start and :end
        group by 1
    ),
    lines as ({named}
        union all
        select null, null, null, null, null, revenue, refunded, count, null from money where key is null
    )
    select id, hospital_id, name, code, specialization, revenue, refunded, count
    from lines
    order by id is null, revenue desc, name, hospital_id, id, key"""
# A department with nothing is there with 0, in its hospital's own currency.
_DEPARTMENTS = _MONEY.format(
    key="department_key",
    named="""
        select departments.department_id as id, departments.hospital_id, departments.name, departments.code,
               null as specialization, coalesce(money.revenue, 0) as revenue,
               coalesce(money.refunded, 0) as refunded, coalesce(money.count, 0) as count,
               departments.department_key as key
        from dim_departments as departments
        inner join dim_hospitals as hospitals on departments.hospital_id = hospitals.hospital_id
        left join money on departments.department_key = money.key
        where money.key is not null or hospitals.currency = :currency""",
)
_DOCTORS = _MONEY.format(
    key="provider_key",
    named="""
        select providers.provider_id as id, providers.hospital_id, providers.name, providers.provider_id as code,
               providers.specialization, money.revenue, money.refunded, money.count, money.key
        from money
        inner join dim_providers as providers on money.key = providers.provider_key""",
)
_PAYERS = """
    select lines.payer_group, lines.payer_class, payers.payer_id as id, payers.name, sum(lines.revenue) as revenue,
           sum(lines.refunded_amount) as refunded, sum(lines.item_count)::bigint as count
    from rpt_revenue_by_payer as lines
    left join dim_payers as payers on lines.payer_key = payers.payer_key
    where lines.currency = :currency and lines.basis = :basis and lines.split = :split
      and lines.revenue_date between :start and :end
    group by lines.payer_group, lines.payer_class, lines.payer_key, payers.payer_id, payers.name
    order by revenue desc, payers.name, payers.payer_id, lines.payer_key"""


@dataclass(frozen=True)
class BreakdownFilter:
    """Which revenue to break down. ``split`` matters to payers only."""

    days: DateRange
    currency: str
    basis: Basis = "billed"
    split: Split = "payer"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        return {
            "currency": self.currency, "basis": self.basis, "split": self.split,
            "start": self.days.start, "end": self.days.end,
        }  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Money, and how many invoices (billed) or payments (collected) it is of."""

    revenue: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    count: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.revenue + other.revenue, self.refunded + other.refunded, self.count + other.count)


@dataclass(frozen=True)
class Line:
    """One department or doctor; what has none is called ``unattributed`` and belongs to no hospital in particular."""

    id: str
    hospital_id: str | None
    name: str
    code: str | None
    specialization: str | None
    sums: Sums


@dataclass(frozen=True)
class Breakdown:
    """Departments or doctors by falling revenue, what is unattributed last. Money adds up, counts need not."""

    asked: BreakdownFilter
    lines: tuple[Line, ...]
    left_out: tuple[Line, ...] = ()

    @property
    def total(self) -> Sums:
        """Everything in reach, whether it is shown or not."""
        return added(self.lines) + self.other

    @property
    def other(self) -> Sums:
        """What a limit left out."""
        return added(self.left_out)


@dataclass(frozen=True)
class PayerLine:
    """One payer; without an id, the patients themselves."""

    group: PayerGroup
    payer_class: str
    id: str | None
    name: str
    sums: Sums


@dataclass(frozen=True)
class PayerBreakdown:
    """Payers by falling revenue."""

    asked: BreakdownFilter
    lines: tuple[PayerLine, ...]

    @property
    def total(self) -> Sums:
        """Both groups."""
        return added(self.lines)

    def of(self, group: PayerGroup) -> tuple[PayerLine, ...]:
        """Return the payers of a group."""
        return tuple(line for line in self.lines if line.group == group)


@dataclass(frozen=True)
class _Named:
    id: str | None
    hospital_id: str | None
    name: str | None
    code: str | None
    specialization: str | None
    revenue: Decimal
    refunded: Decimal
    count: int


@dataclass(frozen=True)
class _Payer:
    payer_group: PayerGroup
    payer_class: str
    id: str | None
    name: str | None
    revenue: Decimal
    refunded: Decimal
    count: int


def by_department(connection: Connection, asked: BreakdownFilter) -> Breakdown:
    """Return revenue by department, those with nothing too."""
    return Breakdown(asked, tuple(map(_line, rows(connection, _DEPARTMENTS, asked.parameters, _Named))))


def by_doctor(connection: Connection, asked: BreakdownFilter, limit: int | None = None) -> Breakdown:
    """Return revenue by doctor: the ``limit`` with the most of it (None: everyone with any) and what is unattributed."""
    lines = tuple(map(_line, rows(connection, _DOCTORS, asked.parameters, _Named)))
    doctors = tuple(line for line in lines if line.id != UNATTRIBUTED)
    shown = doctors[:limit]
    return Breakdown(asked, shown + lines[len(doctors) :], doctors[len(shown) :])


def by_payer(connection: Connection, asked: BreakdownFilter) -> PayerBreakdown:
    """Return revenue by payer."""
    found = rows(connection, _PAYERS, asked.parameters, _Payer)
    return PayerBreakdown(
        asked,
        tuple(
            PayerLine(
                row.payer_group,
                row.payer_class,
                row.id,
                row.name or "Patients",
                Sums(row.revenue, row.refunded, row.count),
            )
            for row in found
        ),
    )


def added(lines: Sequence[Line] | Sequence[PayerLine]) -> Sums:
    """Return the sum of ``lines``."""
    return sum((line.sums for line in lines), Sums())


def _line(row: _Named) -> Line:
    sums = Sums(row.revenue, row.refunded, row.count)
    return Line(row.id or UNATTRIBUTED, row.hospital_id, row.name or "Unattributed", row.code, row.specialization, sums)
