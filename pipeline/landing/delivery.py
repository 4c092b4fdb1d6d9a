"""What the steps of landing one source share: its batch, and how its tables are spelled in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
from psycopg import sql

from pipeline.context import RunContext
from warehouse.canonical import POSTGRES_TYPES, Table


@dataclass(frozen=True)
class Delivery:
    """One source's delivery to one run.

    Attributes:
        connection: transaction of the landing; nothing here commits.
        run: the run.
        source_name: name of the source.
        batch_id: its batch in ``ops.batches``.
        has_history: whether an earlier batch of the source was accepted.
        files: names of the files read so far; stages keep their position in it.
        partial: tables of which only changes are read: what is not there is not gone.
        compared: those of them of which all keys are read, too (``pipeline.landing.keys``).
    """

    connection: psycopg.Connection[Any]
    run: RunContext
    source_name: str
    batch_id: int
    has_history: bool
    files: list[str] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)

    def execute(
        self, query: str, names: Mapping[str, sql.Composable] | None = None, **values: object
    ) -> psycopg.Cursor[Any]:
        """Run a statement: ``{…}`` takes SQL from ``names``; values ``source``, ``batch``, ``instant`` are at hand."""
        places = {"source": self.source_name, "batch": self.batch_id, "instant": self.run.instant, **values}
        return self.connection.execute(sql.SQL(query).format(**(names or {})), places)

    def file_number(self, file: str) -> int:
        """Return the position of a file name in ``files``, added if it is new."""
        if not self.files or self.files[-1] != file:
            self.files.append(file)
        return len(self.files) - 1


def columns_of(table: Table) -> dict[str, str]:
    """Return the data columns of ``raw.<table>`` with their PostgreSQL types."""
    columns = {column.name: POSTGRES_TYPES[column.type] for column in table.landed_columns}
    return columns | ({"birth_year": "integer"} if table.name == "patients" else {})


def identity_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that, with the source, identify a row of ``raw.<table>``."""
    return ("hospital_id", "record_key") if table.per_hospital else ("record_key",)


def names_of(table: Table) -> dict[str, sql.Composable]:
    """Return the SQL fragments of a table that statements are put together from.

    ``s`` is the stage, ``c`` the current version in ``raw``: ``{stage}``, ``{raw}``, ``{quarantine}``; ``{columns}`` and
    ``{keys}``, also as ``{s_…}`` and ``{c_columns}``; ``{match}`` (s and c are the same row); of s ``{hash}``,
    ``{amount}``, ``{hospital}``.
    """
    columns = list(columns_of(table))
    keys = identity_columns(table)
    pairs = [sql.SQL("c.{0} = s.{0}").format(sql.Identifier(key)) for key in keys]
    return {
        "stage": sql.Identifier("landing", table.name),
        "raw": sql.Identifier("raw", table.name),
        "quarantine": sql.Identifier("quarantine", table.name),
        "columns": _list(columns),
        "s_columns": _list(columns, "s"),
        "c_columns": _list(columns, "c"),
        "keys": _list(keys),
        "s_keys": _list(keys, "s"),
        "match": sql.SQL(" and ").join(pairs),
        "hash": row_hash(table),
        "amount": sql.Identifier("s", table.money) if table.money else sql.SQL("null::numeric"),
        "hospital": sql.Identifier("s", "hospital_id") if table.per_hospital else sql.SQL("null::text"),
    }


def _list(names: list[str] | tuple[str, ...], alias: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names)


def row_hash(table: Table) -> sql.Composed:
    """Return the expression for the hash of a staged row.

    Empty columns are left out, so that a column added later does not make every row look changed. The unit separator
    cannot occur in a value. Dates and instants are hashed as numbers: their text depends on the session.
    """
    parts = []
    for name, kind in columns_of(table).items():
        value: sql.Composable = sql.Identifier("s", name)
        if kind == "date":
            value = sql.SQL("({} - date '2000-01-01')").format(value)
        elif kind == "timestamptz":
            value = sql.SQL("extract(epoch from {})").format(value)
        parts.append(sql.SQL("{} || {}::text").format(sql.Literal(f"{name}="), value))
    return sql.SQL("md5(concat_ws(chr(31), {}))").format(sql.SQL(", ").join(parts))


def copy_rows(connection: psycopg.Connection[Any], target: sql.Composable, rows: pa.Table) -> None:
    """COPY an arrow table into a table that has its columns. Null and empty text stay apart (CSV quoting)."""
    if not rows.num_rows:
        return
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(rows, sink, arrow_csv.WriteOptions(include_header=False, quoting_style="needed"))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(target, _list(rows.column_names))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(memoryview(sink.getvalue()))


def create_stage(delivery: Delivery, table: Table) -> None:
    """Create the empty stage of a table; a stage that a dead run left is dropped."""
    columns = columns_of(table) | ({"identity_hash": "bytea"} if table.name == "patients" else {})
    typed = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind + (' collate "C"' if kind == "text" else "")))
        for name, kind in columns.items()
    ]
    names = {"stage": sql.Identifier("landing", table.name), "typed": sql.SQL(", ").join(typed)}
    delivery.execute("drop table if exists {stage}", names)
    delivery.execute(
        'create table {stage} (row_id bigint, file_no integer, line bigint, record_key text collate "C", {typed})',
        names,
    )
