"""The rows behind a figure: their sum, a page of them, all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.queries.figures.kinds import Figure, FigureFilter
from portal.queries.sql import one, rows, stream

_ORDER = "order by day nulls first, hospital_id, invoice_id, payment_id, what, detail, amount"


@dataclass(frozen=True)
class FigureRow:
    """One row of a figure; ``amount`` is what it adds to it.

    Attributes:
        day: on which it counts, or from which it ages.
        what: its kind, in a word.
        detail: what else is known of it.
    """

    hospital_id: str
    day: date | None
    what: str
    invoice_id: str | None
    patient_id: str | None
    payment_id: str | None
    detail: str | None
    amount: Decimal


@dataclass(frozen=True)
class FigureSum:
    """What the rows add up to, and how many they are."""

    amount: Decimal
    count: int


def figure_sum(connection: Connection, figure: Figure, asked: FigureFilter, business_date: date) -> FigureSum:
    """Return the figure: the sum of its rows."""
    inner = figure.sql(asked, business_date)
    sql = f"select coalesce(sum(amount), 0)::numeric as amount, count(*)::bigint as count from ({inner}) as behind"
    return one(connection, sql, asked.parameters, FigureSum)


def figure_page(
    connection: Connection, figure: Figure, asked: FigureFilter, business_date: date, page: int, limit: int
) -> list[FigureRow]:
    """Return one page (from 1) of the rows, oldest first."""
    parameters = asked.parameters | {"limit": limit, "offset": (page - 1) * limit}
    sql = f"{_select(figure, asked, business_date)} limit :limit offset :offset"
    return rows(connection, sql, parameters, FigureRow)


def figure_stream(
    connection: Connection, figure: Figure, asked: FigureFilter, business_date: date
) -> Iterator[FigureRow]:
    """Yield every row, oldest first, at constant memory."""
    return stream(connection, _select(figure, asked, business_date), asked.parameters, FigureRow)


def _select(figure: Figure, asked: FigureFilter, business_date: date) -> str:
    return f"select * from ({figure.sql(asked, business_date)}) as behind {_ORDER}"
