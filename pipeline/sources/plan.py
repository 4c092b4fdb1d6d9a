"""The plan for one canonical table: what it is read from, and how its rows are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import Batch, Relation
from pipeline.sources.changes import Changes
from pipeline.sources.columns import canonical_batch, references
from pipeline.sources.database_table import DatabaseTable
from pipeline.sources.mapping import ColumnSpec, Formats, JoinSpec, TableSpec, TextKeys
from pipeline.sources.steps import Lookup, aggregate, distinct, where
from pipeline.sources.textformat import TextFormat
from warehouse.canonical import Table


@dataclass(frozen=True)
class JoinPlan:
    """How one join is read.

    Attributes:
        spec: the join as mapped.
        relations: what the joined rows are read from.
        columns: names there that are brought in.
    """

    spec: JoinSpec
    relations: list[Relation]
    columns: list[str]


@dataclass(frozen=True)
class TablePlan:
    """How one canonical table is read.

    Attributes:
        table: the canonical table.
        spec: its part of the mapping, with all columns spelled out.
        relations: what it is read from, one after the other; none for inline rows.
        joins: what is brought in from elsewhere, in this order.
        base: columns read from each relation.
        columns: canonical column → what fills it.
        formats: canonical column → how its text is to be read.
        source_formats: the same for the source's columns.
        zone: zone of instants, for computed dates.
        origin: what messages and chunks of inline rows name: the mapping file, or the source.
    """

    table: Table
    spec: TableSpec
    relations: list[Relation]
    joins: list[JoinPlan]
    base: list[str]
    columns: dict[str, ColumnSpec]
    formats: dict[str, ColumnFormat]
    source_formats: dict[str, ColumnFormat]
    zone: ZoneInfo | None
    origin: str

    def read(self, changes: Changes | None = None) -> Iterator[Batch]:
        """Read the table's rows as canonical columns: all, or (see ``marker``) those that ``changes`` means."""
        if self.spec.rows is not None:
            rows = self.spec.rows
            values = {name: [row.get(name) for row in rows] for name in self.columns}
            yield Batch(values, self.origin, list(range(1, len(rows) + 1)))
            return
        batches: Iterator[Batch] = (batch for relation in self.relations for batch in self._rows(relation, changes))
        for join in self.joins:
            lookup = Lookup(join.spec, join.columns)
            lookup.load(join.relations, f"{self.origin}: `tables.{self.table.name}`")
            batches = lookup.join(batches)
        batches = where(batches, self.spec.where)
        if self.spec.aggregate:
            batches = aggregate(batches, self.spec.aggregate, self.source_formats)
        formats = self.source_formats | self.formats
        batches = (canonical_batch(batch, self.columns, formats, self.zone) for batch in batches)
        yield from distinct(batches, self.spec.distinct) if self.spec.distinct else batches

    def _rows(self, relation: Relation, changes: Changes | None) -> Iterator[Batch]:
        marker = self.marker
        if changes and marker and isinstance(relation, DatabaseTable) and relation.label in changes.since:
            return relation.read_changed(self.base, marker, changes.since[relation.label], changes.again)
        return relation.read(self.base)

    @property
    def marker(self) -> str | None:
        """The source column by which changed rows are found: ``updated_at`` as a database table has it, or None.

        None for files, and where a row is made of several (joins, aggregates): it may change while its own mark does not.
        """
        column, spec = self.columns.get("updated_at"), self.spec
        if column is None or not spec.incremental or spec.join or spec.aggregate or spec.distinct:
            return None
        if column.column is None or column.values or column.when or column.default is not None or column.prefix:
            return None
        found = column.column
        return found if self.relations and all(_is_marked(relation, found) for relation in self.relations) else None

    def newest(self, instant: datetime) -> dict[str, datetime]:
        """Return the highest mark of each table that it is read from, leaving out those in the future of ``instant``."""
        if (marker := self.marker) is None:
            return {}
        tables = [relation for relation in self.relations if isinstance(relation, DatabaseTable)]
        found = {table.label: table.newest(marker, instant) for table in tables}
        return {label: mark for label, mark in found.items() if mark is not None}

    def only_keys(self) -> TablePlan:
        """Return the plan for nothing but what identifies the table's rows."""
        wanted = {*self.table.key, "hospital_id"}
        columns = {name: column for name, column in self.columns.items() if name in wanted}
        return replace(self, columns=columns, base=list(dict.fromkeys([*references(columns), *self.spec.where])))

    def signature(self, location: str) -> str:
        """Return a digest of what decides which rows are read and what they become: with another one, old marks mean nothing."""
        relations = [relation.label for relation in self.relations]
        parts = (location, self.table, self.spec.model_dump_json(), relations, self.columns, self.formats, self.zone)
        return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _is_marked(relation: Relation, column: str) -> bool:
    return isinstance(relation, DatabaseTable) and relation.marker(column) is not None


def text_format(*levels: TextKeys) -> TextFormat:
    """Return the format of files from the general to the special level; what a level leaves out stays."""
    plain = TextFormat()
    nulls, quote = _nearest(levels, "null_values"), _nearest(levels, "quote")
    return TextFormat(
        encoding=_nearest(levels, "encoding") or plain.encoding,
        separator=_nearest(levels, "separator") or plain.separator,
        quote=plain.quote if quote is None else quote,
        null_values=plain.null_values if nulls is None else frozenset(text or "" for text in nulls) | {""},
    )


def column_format(*levels: Formats) -> ColumnFormat:
    """Return how amounts and dates are written, from the general to the special level."""
    thousands = _nearest(levels, "thousands")
    return ColumnFormat(
        tuple(_nearest(levels, "date_formats") or ()), _nearest(levels, "decimal") or ".", thousands or ""
    )


def _nearest(levels: Sequence[TextKeys | Formats], name: str) -> Any:
    return next((value for level in reversed(levels) if (value := getattr(level, name, None)) is not None), None)
