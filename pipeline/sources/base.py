"""What a source hands to the landing: chunks of text in canonical columns, with the place of every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import pandas as pd

from pipeline.sources.changes import Changes


@dataclass(frozen=True)
class ColumnFormat:
    """How text of one column is to be read.

    Attributes:
        date_formats: ``strptime`` patterns tried in order; empty means ISO 8601 (date, or date and time with or without zone).
        decimal: decimal mark of amounts.
        thousands: separator of thousands, empty for none.
        codes: what the mapping itself puts there (results of ``values``, constants, defaults): codes by its author's word.
    """

    date_formats: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnreadableRow:
    """A row of the source that has no columns: too few or too many fields, an unclosed quote."""

    line: int
    reason: str


@dataclass(frozen=True)
class Chunk:
    """Some rows of one canonical table.

    Attributes:
        frame: one column of text (``str`` or None) for each canonical column that is mapped; index 0..n-1.
        file: file name (relative to the source) or table of the database.
        lines: 1-based line of each row in its file (the header is line 1); ordinal in a database. Same length as ``frame``.
        unreadable: rows of this stretch that could not be split into columns.
        formats: how their text is to be read, where that is not as the source says for the whole table.
    """

    frame: pd.DataFrame
    file: str
    lines: Sequence[int]
    unreadable: tuple[UnreadableRow, ...] = field(default=())
    formats: Mapping[str, ColumnFormat] | None = None


class ChangeReader(Protocol):
    """One table of a database that can be read in part: what changed since marks that an earlier reading left."""

    @property
    def signature(self) -> str:
        """Digest of what decides which rows are read and what they become."""

    def newest(self, instant: datetime) -> dict[str, datetime]:
        """Return the highest mark, not in the future of ``instant``, of each table that it is read from."""

    def read_keys(self) -> Iterator[Chunk]:
        """Read of every row nothing but what identifies it."""


class Source(Protocol):
    """One named source, opened through its mapping."""

    name: str

    @property
    def tables(self) -> tuple[str, ...]:
        """Canonical tables that it delivers, in the order of ``warehouse.canonical.TABLES``."""

    def read(self, table: str, changes: Changes | None = None) -> Iterator[Chunk]:
        """Read a canonical table in chunks of bounded size: all of it or, where ``changes_of`` allows it, what changed.

        Raises:
            SourceError: if what it reads from is unreadable, empty of a header, or changes while it is read.
        """

    def changes_of(self, table: str) -> ChangeReader | None:
        """Return how to read a table in part, or None where that cannot be: files, joins, no ``updated_at``."""

    def formats(self, table: str) -> Mapping[str, ColumnFormat]:
        """Return how text of the table's columns is to be read; columns left out follow ``ColumnFormat()``."""

    def describe(self) -> dict[str, object]:
        """Return name, location (without a password), mapping and what was found, for the run log."""
