"""A database as a source: its tables and views as text, through SQLAlchemy, with a cursor on the server.

All tables of one pass are read in one read-only transaction, so that they show one moment. It ends when the last table
has been read, or at the first error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from pipeline.errors import SourceError
from pipeline.sources import database_url
from pipeline.sources.batch import Relation, listing, suggestion
from pipeline.sources.database_table import DatabaseTable
from pipeline.sources.textformat import TextFormat


class Database:
    """The tables and views of a database."""

    kind = "database"

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            SourceUnreachableError: if it does not answer, or its driver is missing.
        """
        self._url = database_url.parse(url)
        self.location = database_url.shown(self._url)
        self._engine: Engine = database_url.engine(self._url)
        self._connection: Connection | None = None
        self._open: dict[tuple[str, TextFormat], Relation] = {}
        with self.errors():
            inspector = inspect(self.connection())
            self._inspector: Inspector = inspector
            self._names = sorted({*inspector.get_table_names(), *inspector.get_view_names()})

    def connection(self) -> Connection:
        """Return the connection of this pass, opened in a read-only transaction if there is none."""
        if self._connection is None:
            self._connection = self._engine.connect()
            for statement in database_url.SNAPSHOT.get(self._engine.dialect.name, ()):
                self._connection.execute(text(statement))
        return self._connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the driver raises into one sentence, without a password, and let go of the connection."""
        try:
            yield
        except SQLAlchemyError as error:
            self.release()
            raise database_url.sentence(self._url, error) from None
        except (UnicodeError, OverflowError, ValueError) as error:
            self.release()
            raise SourceError(
                f"The source database {self.location} holds a value that cannot be read as text ({error})."
            ) from None

    def names(self) -> tuple[str, ...]:
        """Return the names of its tables and views."""
        return tuple(self._names)

    def has(self, name: str) -> bool:
        """Return whether there is a table or view of that name (``table``, or ``schema.table``)."""
        schema, _, table = name.rpartition(".")
        if name in self._names or not schema:
            return name in self._names
        with self.errors():
            inspector = inspect(self.connection())
            return schema in inspector.get_schema_names() and inspector.has_table(table, schema=schema)

    def find(self, names: Iterable[str], form: TextFormat) -> list[Relation]:
        """Open the tables that ``names`` mean (``table``, or ``schema.table``).

        Raises:
            SourceError: if there is none of a name.
        """
        return [self._relation(name, form) for name in dict.fromkeys(names)]

    def changed(self) -> None:
        """A transaction shows one moment: nothing changes within it."""

    def release(self) -> None:
        """End the transaction and the connection; the next read opens new ones."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()
        self._engine.dispose()

    def details(self) -> list[dict[str, object]]:
        """Return the tables opened, for the run log."""
        return [{"table": name} for name in sorted({name for name, _ in self._open})]

    def _relation(self, name: str, form: TextFormat) -> Relation:
        key = (name, form)
        if key not in self._open:
            schema, _, table = name.rpartition(".") if name not in self._names else ("", "", name)
            with self.errors():
                try:
                    found = inspect(self.connection()).get_columns(table, schema=schema or None)
                except NoSuchTableError:
                    found = []
            if not found:
                raise SourceError(
                    f"The source database {self.location} has no table `{name}`{suggestion(name, self._names)}; "
                    f"it has {listing(self._names)}."
                )
            types: dict[str, object] = {str(column["name"]): column["type"] for column in found}
            self._open[key] = DatabaseTable(self, name, (schema, table), types, form)
        return self._open[key]
