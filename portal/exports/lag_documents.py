"""The lag triangle as a table, and its chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import percent
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.lags import Cohort, LagCell

MOST_MONTHS = 12


def lag_document(
    connection: Connection, cohorts: Sequence[Cohort], currency: str, stamp: Stamp, filters: Filters
) -> Document:
    """Return what share of each month's invoices had come in after 0, 1, 2 … months."""
    length = max((len(cohort.cells) for cohort in cohorts), default=0)
    return Document(
        f"collection-lag-{currency.lower()}", "Collected after months, % of what was billed", currency,
        columns=(
            Column("month", "Billed in", "date", attrgetter("month")),
            Column("billed", "Billed", "money", attrgetter("billed"), behind=_behind("lag-billed", 0)),
            *(
                Column(f"after_{since}", str(since), "rate", _rate(since), weight=8, behind=_behind("lag-rate", since))
                for since in range(length)
            ),
        ),
        rows=cohorts,
        total=len(cohorts),
        stamp=stamp,
        filters=filters,
        notes=[
            "Each row is of the same invoices throughout; 0 is the month in which they were billed.",
            "The last figure of a row still grows while its month runs.",
        ],
        definitions=definitions(connection, ("collection_lag_rate",)),
    )  # fmt: skip


def rate_of(cell: LagCell) -> Decimal:
    """Return what share had come in."""
    return Decimal(percent(cell.applied, cell.billed))


def _rate(since: int) -> Callable[[Cohort], Decimal | None]:
    def rate(cohort: Cohort) -> Decimal | None:
        cell = cohort.cell(since)
        return None if cell is None else rate_of(cell)

    return rate


def _behind(figure: str, since: int) -> Callable[[Cohort], Behind | None]:
    return lambda cohort: (
        Behind(figure, {"billedMonth": cohort.month, "monthsSince": since}) if cohort.cell(since) else None
    )
