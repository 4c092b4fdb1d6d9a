"""A figure and the rows that add up to it, as a file and as the table of its page."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import Money
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.queries.definitions import definitions
from portal.queries.figures.kinds import Figure, FigureFilter
from portal.queries.figures.rows import FigureRow, FigureSum


def figure_document(
    connection: Connection,
    figure: Figure,
    asked: FigureFilter,
    found: FigureSum,
    rows: Iterable[FigureRow],
    *,
    stamp: Stamp,
    filters: Filters,
) -> Document:
    """Return the rows behind a figure; those of a count add up to a number, not to money."""
    kind: Kind = "exact" if figure.unit == "money" else "integer"
    return Document(
        name=f"{figure.name}-{asked.currency.lower()}",
        title=figure.label,
        currency=asked.currency,
        columns=(
            Column("date", "Date", "date", attrgetter("day")),
            Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
            Column("kind", "Kind", "text", lambda row: row.what.replace("_", " ")),
            Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
            Column("patient_id", "Patient", "text", attrgetter("patient_id")),
            Column("payment_id", "Payment", "text", attrgetter("payment_id")),
            Column("detail", "Detail", "text", attrgetter("detail")),
            Column("amount", "Adds", kind, lambda row: row.amount if kind == "exact" else int(row.amount)),
        ),
        rows=rows,
        total=found.count,
        stamp=stamp,
        filters=filters,
        summary=[(figure.label, said(figure, found, asked.currency)), ("Rows", f"{found.count:,}")],
        definitions=definitions(connection, figure.definitions),
    )


def said(figure: Figure, found: FigureSum, currency: str) -> str | Money:
    """Return the figure as pages and files print it."""
    return Money(found.amount, currency) if figure.unit == "money" else f"{int(found.amount):,}"
