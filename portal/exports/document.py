"""A report as a file sees it: columns, rows, and what must stand beside them, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from portal.analytics.money import Money
from portal.queries.definitions import Definition
from portal.queries.figures.behind import Behind

Kind = Literal["text", "date", "money", "exact", "integer", "rate"]
Format = Literal["csv", "xlsx", "pdf"]
# Words that lead to no single patient and that nobody typed about one; names are of departments, doctors and payers.
_OF_MANY = frozenset(
    {"code", "cpt_code", "exclusions", "figure", "formula", "group", "hospital_id", "kinds", "label", "method"}
    | {"metric", "name", "partial", "payer_class", "provider", "provider_id", "specialization", "unit"}
)
Cell = str | date | Decimal | int | None
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@dataclass(frozen=True)
class Column:
    """A column of a report: ``name`` heads it in CSV, ``label`` where people read it; ``value`` takes it from a row.

    ``exact`` is money of which no part of a cent may be rounded away, as of rows that add up. A ``rate`` is a number with two
    decimals whatever the currency. A long column is left out of PDFs. ``weight`` is how wide it is in letters, where that is
    not the usual of its kind. ``behind`` says where a cell leads on a page; a number that ``is_fact`` leads nowhere: it
    describes the row (an age in days, a rate of tax), and is no sum of anything.
    """

    name: str
    label: str
    kind: Kind
    value: Callable[[Any], Cell]
    is_long: bool = False
    weight: int | None = None
    behind: Callable[[Any], Behind | None] | None = None
    is_fact: bool = False

    @property
    def leads_to_a_patient(self) -> bool:
        """Whether it may be of one patient: an id of a patient, an invoice, a ticket, or what somebody typed.

        All words do that are not known to lead to nobody, so that a new column stays in the house until it is looked at.
        """
        return self.kind == "text" and self.name not in _OF_MANY


@dataclass(frozen=True)
class Stamp:
    """Where the figures come from."""

    build_id: int
    business_date: date
    data_as_of: str
    warning: str | None
    hospitals: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One table of a report that has several: a sheet of a workbook, a chapter of a PDF.

    What has ``chart_columns`` (category, then values) is drawn in a sheet of its own, ``Charts``, by the spreadsheet itself.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Any]
    note: str = ""
    chart_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """One report, ready to be written.

    Attributes:
        name: of the file, without ending: letters, digits, ``-``.
        rows: may be a stream; read once.
        total: number of ``rows``.
        filters: label and value of everything that limits the rows.
        summary: label and value of the totals, readable as text.
        sections: what XLSX and PDF hold in the place of ``rows``, which are then the lines of a CSV; ``total`` counts either.
        behind: by label, where a total leads on a page.
        was_of_patients: columns that led to patients were left out of it; its rows are still theirs.
        chart: Vega-Lite specification, for PDFs; XLSX draws its own from ``chart_columns`` (category, then values).
        drawn: the figures of the chart where they are not the rows: a sheet of their own in XLSX, with its chart.
    """

    name: str
    title: str
    currency: str
    columns: Sequence[Column]
    rows: Iterable[Any]
    total: int
    stamp: Stamp
    filters: Sequence[tuple[str, str]] = ()
    summary: Sequence[tuple[str, str | Money]] = ()
    notes: Sequence[str] = ()
    definitions: Sequence[Definition] = ()
    chart: dict[str, Any] | None = None
    chart_columns: tuple[str, ...] = field(default=())
    drawn: Section | None = None
    sections: Sequence[Section] = ()
    behind: Mapping[str, Behind] = field(default_factory=dict)
    was_of_patients: bool = False
