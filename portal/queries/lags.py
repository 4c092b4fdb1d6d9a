"""The lag triangle: of what was billed in a month, how much had come in so many months later; matched cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import rows

_CELLS = """
    select billed_month as month, months_since, sum(billed) as billed, sum(applied_to_date) as applied,
           bool_or(is_partial) as partial
    from fct_collection_lag
    where currency = :currency and billed_month between date_trunc('month', cast(:start as timestamp))::date and :end
      and months_since <= :most
    group by billed_month, months_since
    order by billed_month, months_since"""


@dataclass(frozen=True)
class LagCell:
    """What had been collected of the invoices of a month so many months later; ``partial`` while that month runs."""

    month: date
    months_since: int
    billed: Decimal
    applied: Decimal
    partial: bool


@dataclass(frozen=True)
class Cohort:
    """The invoices of a month, cell by cell; the cells of later months have not come yet."""

    month: date
    cells: tuple[LagCell, ...]

    @property
    def billed(self) -> Decimal:
        """What was billed on them, as it stands today."""
        return self.cells[0].billed

    def cell(self, months_since: int) -> LagCell | None:
        """Return a cell; None where it has not come yet."""
        return self.cells[months_since] if months_since < len(self.cells) else None


def collection_lag(connection: Connection, days: DateRange, currency: str, most: int) -> list[Cohort]:
    """Return the cohorts of the months that ``days`` touch, oldest first, up to ``most`` months later."""
    parameters = {"currency": currency, "start": days.start, "end": days.end, "most": most}
    cells: dict[date, list[LagCell]] = {}
    for cell in rows(connection, _CELLS, parameters, LagCell):
        cells.setdefault(cell.month, []).append(cell)
    return [Cohort(month, tuple(found)) for month, found in cells.items()]
