"""One table or view of a database: all its rows, or those that changed since a mark, as exact text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection, DateTime

from pipeline.sources.batch import CHUNK_ROWS, Batch, without_nul
from pipeline.sources.changes import Marker, is_instant, read_mark
from pipeline.sources.textformat import TextFormat
from pipeline.sources.totext import to_text


class Reading(Protocol):
    """The database that a table is read from."""

    def connection(self) -> Connection:
        """Return the connection of this pass."""

    def errors(self) -> AbstractContextManager[None]:
        """Turn what the driver raises into one sentence."""


class DatabaseTable:
    """One table or view. The lines of its rows are their numbers, from 1."""

    def __init__(
        self, database: Reading, label: str, path: tuple[str, str], types: dict[str, object], form: TextFormat
    ) -> None:
        self._database = database
        self._path = path
        self._types = types
        self._nulls = form.null_values
        self.label = label
        self.columns = tuple(types)

    def read(self, columns: Sequence[str]) -> Iterator[Batch]:
        """Read the named columns in batches; see ``Relation.read``."""
        return self._read(columns, "")

    def read_changed(
        self, columns: Sequence[str], marker: str, since: datetime, again: Iterable[tuple[date, date]]
    ) -> Iterator[Batch]:
        """Read the rows that changed: see ``Marker.condition``. The lines are their numbers among these."""
        found = self.marker(marker)
        if found is None:
            raise ValueError(f"{marker} of {self.label} does not sort by time")
        return self._read(columns, f" where {found.condition(since, again)}")

    def newest(self, marker: str, instant: datetime) -> datetime | None:
        """Return the highest mark that is not in the future of ``instant``; None if there is none that can be read."""
        found = self.marker(marker)
        if found is None:
            return None
        with self._database.errors():
            connection = self._database.connection()
            value = connection.exec_driver_sql(found.newest(self._source(connection), instant)).scalar()
        return read_mark(to_text(value))

    def marker(self, column: str) -> Marker | None:
        """Return how changed rows are found by ``column``, or None if its values do not sort by time."""
        with self._database.errors():
            dialect = self._database.connection().dialect
        quoted = dialect.identifier_preparer.quote_identifier(column)
        return Marker.of(quoted, dialect.name, self._types[column]) if column in self._types else None

    def _read(self, columns: Sequence[str], where: str) -> Iterator[Batch]:
        with self._database.errors():
            connection = self._database.connection().execution_options(stream_results=True, max_row_buffer=CHUNK_ROWS)
            instants = [is_instant(connection.dialect.name, self._types[name]) for name in columns]
            # PostgreSQL writes the zone itself; MySQL's driver leaves out that the session is in UTC.
            zones = ["+00:00" if found and connection.dialect.name != "postgresql" else "" for found in instants]
            with connection.exec_driver_sql(self._query(connection, columns) + where) as result:
                row = 1
                while rows := result.fetchmany(CHUNK_ROWS):
                    values = {name: [self._text(r[i], zones[i]) for r in rows] for i, name in enumerate(columns)}
                    yield without_nul(Batch(values, self.label, list(range(row, row + len(rows)))))
                    row += len(rows)

    def check_unchanged(self) -> None:
        """A transaction shows one moment: nothing changes within it."""

    def _text(self, value: object, zone: str) -> str | None:
        found = to_text(value)
        return None if found is None or found in self._nulls else found + zone

    def _query(self, connection: Connection, columns: Sequence[str]) -> str:
        prepare = connection.dialect.identifier_preparer
        quoted = [prepare.quote_identifier(name) for name in columns]
        if connection.dialect.name == "postgresql":
            # As text: the driver has no date for `infinity` or for a year beyond 9999.
            quoted = [_postgres_text(name, self._types[column]) for name, column in zip(quoted, columns, strict=True)]
        return f"select {', '.join(quoted) or '1'} from {self._source(connection)}"

    def _source(self, connection: Connection) -> str:
        prepare = connection.dialect.identifier_preparer
        return ".".join(prepare.quote_identifier(part) for part in self._path if part)


def _postgres_text(name: str, kind: object) -> str:
    if not isinstance(kind, DateTime):
        return f"{name}::text"
    # The session is in UTC: `2024-05-01 10:00:00+00` becomes ISO 8601 as every reader knows it.
    return f"replace({name}::text, ' ', 'T')" + (" || ':00'" if kind.timezone else "")
