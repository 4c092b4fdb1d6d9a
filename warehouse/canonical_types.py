"""How a canonical table is described: its columns, what identifies a row, and the rules its rows keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "date", "timestamp", "money", "number", "integer", "boolean"]
CodeKind = Literal["method", "appointment", "category", "denial", "procedure", "short", "rates", "name", "words"]

POSTGRES_TYPES: dict[str, str] = {
    "text": "text",
    "date": "date",
    "timestamp": "timestamptz",
    "money": "numeric(18,3)",
    "number": "numeric(18,6)",
    "integer": "bigint",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """A column of a canonical table.

    ``identity`` columns name a person: they are encrypted into ``phi`` and never land in ``raw``.
    ``free_text`` columns may name one: they land, but are left out of quarantine and of every export of rejects.
    ``code`` columns hold words that people type: what is no such code does not land (``pipeline.landing.codes``).
    """

    name: str
    type: ColumnType = "text"
    required: bool = False
    identity: bool = False
    free_text: bool = False
    default: str | None = None
    allowed: tuple[str, ...] = ()
    code: CodeKind | None = None


@dataclass(frozen=True)
class Reference:
    """A column that must name an existing row of another table; a row that does not is rejected."""

    column: str
    table: str


@dataclass(frozen=True)
class Table:
    """A canonical table. ``key`` holds the source's identifying columns; ``money`` is the controlled amount."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    money: str | None = None
    required: bool = False
    per_hospital: bool = True
    hospital_from: tuple[tuple[str, str], ...] = ()
    references: tuple[Reference, ...] = ()
    not_in_future: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column called ``name`` (KeyError if there is none)."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def landed_columns(self) -> tuple[Column, ...]:
        """Columns that land in ``raw``: all but identity."""
        return tuple(column for column in self.columns if not column.identity)


def column(name: str, type: ColumnType = "text", required: bool = False, **more: object) -> Column:
    """Return a column; short, because a table is a list of them."""
    return Column(name, type, required, **more)  # type: ignore[arg-type]


INVOICE_STATUSES = (
    "issued", "sent", "partial", "paid", "overdue", "in_collection", "disputed", "written_off",
    "draft", "cancelled", "void", "refunded",
)  # fmt: skip
PAYMENT_STATUSES = ("paid", "pending", "failed", "refunded")
ADJUSTMENT_KINDS = ("contractual", "credit_note", "discount", "write_off", "other")
CLAIM_STATUSES = ("submitted", "paid", "partial", "denied", "appealed", "closed")
