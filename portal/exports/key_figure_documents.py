"""Key figures by month with what they are made of, as a file."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.exports import collection_links
from portal.exports.document import Cell, Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.queries.definitions import definitions
from portal.queries.key_figures import METRICS, KeyFigure, key_figures_stream


def key_figures_document(
    connection: Connection, days: DateRange, currency: str, total: int, stamp: Stamp, filters: Filters
) -> Document:
    """Return key figures by month with what they are made of, streamed."""
    return Document(
        f"kpis-{days.start}-{days.end}-{currency.lower()}", "Key figures", currency, stamp=stamp, filters=filters,
        columns=(
            _column("hospital_id", "Hospital", "text"),
            _column("month", "Month", "date"),
            _column("as_of_date", "As of", "date"),
            Column("partial", "Partial", "text", lambda figure: "partial" if figure.partial else ""),
            Column("metric", "Metric", "text", attrgetter("metric"), is_long=True),
            _column("label", "Key figure", "text"),
            _column("value", "Value", "rate", collection_links.of_key_figure),
            _column("unit", "Unit", "text"),
            Column("numerator", "Numerator", "money", lambda figure: _input(figure, figure.numerator),
                   behind=collection_links.of_part("numerator")),
            Column("denominator", "Denominator", "money", lambda figure: _input(figure, figure.denominator),
                   behind=collection_links.of_part("denominator")),
            Column("multiplier", "Times", "integer", attrgetter("multiplier"), is_fact=True),
            Column("window_days", "Days back", "integer", attrgetter("window_days"), is_fact=True),
            Column("formula", "Formula", "text", attrgetter("formula"), is_long=True),
            Column("exclusions", "Exclusions", "text", attrgetter("exclusions"), is_long=True),
        ),
        rows=key_figures_stream(connection, days, currency),
        total=total,
        notes=["Value = numerator \u00d7 times / denominator. They are of whole months, up to the business date."],
        definitions=definitions(connection, METRICS),
    )  # fmt: skip


def _column(name: str, label: str, kind: Kind, behind: Any = None) -> Column:
    return Column(name, label, kind, attrgetter(name), behind=behind)


def _input(figure: KeyFigure, value: Decimal | None) -> Cell:
    return int(value) if value is not None and figure.counts else value
