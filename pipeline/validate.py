"""What a run would read, land and reject, found out by landing into a transaction that is taken back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from pipeline import landing
from pipeline.context import RunContext
from pipeline.landing import TableCount
from pipeline.landing.values import shape
from pipeline.lock import run_lock
from pipeline.settings import SourceConfig
from pipeline.sources import Chunk, ColumnFormat, MappedSource, TablePreview, open_source, preview
from pipeline.sources.base import ChangeReader
from pipeline.sources.changes import Changes
from warehouse.canonical import BY_NAME
from warehouse.engine import connect, scalar
from warehouse.settings import load_secrets

_MOST_SHAPES = 3
_MOST_WORDS = 12
_LONGEST_WORD = 24
_SAMPLED = 500
_BY_REASON = """
select reasons, columns, count(*), coalesce(sum(amount), 0),
  (array_agg(file || ', line ' || coalesce(line::text, '?') order by file, line))[1],
  (array_agg(row_data) filter (where row_data is not null))[1:{sampled}]
from {quarantine} where run_id = %(run)s and source_name = %(source)s
group by 1, 2 order by 3 desc, 1
"""


@dataclass(frozen=True)
class Rejects:
    """Rows of one table rejected for one set of reasons; ``first`` says where the first one stands.

    ``looks`` holds, by column, what the values look like: ``9`` for a digit, ``a`` for a letter, so that no value is shown.
    Words of a column that takes only a few words are shown as they are.
    """

    source: str
    table: str
    reasons: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    amount: Decimal
    first: str
    looks: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Validation:
    """What would happen: the sources as found, what feeds each column, the counts of each table, the rejects by reason.

    ``unreadable`` counts lines that cannot be split into columns, by source, table and why.
    """

    sources: tuple[dict[str, object], ...]
    previews: tuple[TablePreview, ...]
    tables: tuple[TableCount, ...]
    rejects: tuple[Rejects, ...]
    unreadable: Mapping[tuple[str, str, str], int]


def validate_sources(configs: Sequence[SourceConfig], instant: datetime, day: date | None) -> Validation:
    """Read and check the sources as a run would, and write nothing.

    Raises:
        BusyError: a run is in progress.
        DaybookError: whatever would stop a run while it reads.
    """
    sources = [open_source(c.name, c.location, c.mapping) for c in configs]
    keys = load_secrets()
    tables: list[TableCount] = []
    rejects: list[Rejects] = []
    previews: list[TablePreview] = []
    unreadable: Counter[tuple[str, str, str]] = Counter()
    # A run and this would wait for each other's stages, and one of them would be the victim.
    with run_lock(), connect("etl") as connection, connection.transaction(force_rollback=True):
        run_id = scalar(
            connection,
            "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id",
            [instant, instant],
        )
        run = RunContext(run_id, instant, day, is_trial=True)
        for source in sources:
            previews += [preview(source, table, n=1) for table in source.tables]
            with source:
                tables += landing.land_source(connection, _Watched(source, unreadable), run, keys)
        for table in tables:
            rejects += _rejects(connection, run.run_id, table)
    described = tuple(source.describe() for source in sources)
    return Validation(described, tuple(previews), tuple(tables), tuple(rejects), unreadable)


class _Watched:
    """A source that counts why lines of it cannot be read; quarantine keeps only that they cannot."""

    def __init__(self, source: MappedSource, unreadable: Counter[tuple[str, str, str]]) -> None:
        self.name = source.name
        self.tables = source.tables
        self._source = source
        self._unreadable = unreadable

    def read(self, table: str, changes: Changes | None = None) -> Iterator[Chunk]:
        for chunk in self._source.read(table, changes):
            self._unreadable.update((self.name, table, row.reason) for row in chunk.unreadable)
            yield chunk

    def changes_of(self, table: str) -> ChangeReader | None:
        return self._source.changes_of(table)

    def formats(self, table: str) -> Mapping[str, ColumnFormat]:
        return self._source.formats(table)

    def describe(self) -> dict[str, object]:
        return self._source.describe()


def _rejects(connection: psycopg.Connection[Any], run_id: int, table: TableCount) -> Iterator[Rejects]:
    names = {"quarantine": sql.Identifier("quarantine", table.table_name), "sampled": sql.Literal(_SAMPLED)}
    found = connection.execute(sql.SQL(_BY_REASON).format(**names), {"run": run_id, "source": table.source_name})
    for reasons, columns, rows, amount, first, documents in found:
        looks = {name: _look(table.table_name, name, documents or []) for name in columns}
        shown = {name: look for name, look in looks.items() if look}
        yield Rejects(table.source_name, table.table_name, tuple(reasons), tuple(columns), rows, amount, first, shown)


def _look(table: str, column: str, documents: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Return what values of a column look like, the most frequent first; rejected rows hold neither identity nor free text."""
    values = Counter(str(document[column]) for document in documents if document.get(column))
    is_choice = any(c.allowed for c in BY_NAME[table].columns if c.name == column)
    if is_choice and len(values) <= _MOST_WORDS and not any(re.search(r"\d{4}", value) for value in values):
        return tuple(f"`{value[:_LONGEST_WORD]}`" for value, _ in values.most_common())
    shapes: Counter[str] = Counter()
    for value, count in values.items():
        shapes[shape(value)] += count
    return tuple(shape for shape, _ in shapes.most_common(_MOST_SHAPES))
