"""The plan for one canonical table: what it is read from, and how its rows are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import Batch, Relation
from pipeline.sources.columns import canonical_batch
from pipeline.sources.mapping import ColumnSpec, FileFormat, Formats, JoinSpec, TableSpec
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

    def read(self) -> Iterator[Batch]:
        """Read the table's rows as canonical columns."""
        if self.spec.rows is not None:
            rows = self.spec.rows
            values = {name: [row.get(name) for row in rows] for name in self.columns}
            yield Batch(values, self.origin, list(range(1, len(rows) + 1)))
            return
        batches: Iterator[Batch] = (batch for relation in self.relations for batch in relation.read(self.base))
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


def text_format(*levels: FileFormat) -> TextFormat:
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


def _nearest(levels: Sequence[Formats], name: str) -> Any:
    return next((value for level in reversed(levels) if (value := getattr(level, name, None)) is not None), None)
