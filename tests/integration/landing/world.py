"""A source in memory, a landing to try it on, and the few rows that most tests start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

from pipeline import landing
from pipeline.context import RunContext
from pipeline.landing import TableCount
from pipeline.sources.base import Chunk, ColumnFormat, UnreadableRow
from warehouse.canonical import BY_NAME, TABLES
from warehouse.settings import Secrets

FIRST_INSTANT = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)
KEYS = Secrets("secret", "salt", "audit", (Fernet.generate_key().decode(),), "search-key")
Row = dict[str, str | None]


@dataclass
class MemorySource:
    """Tables as lists of rows, handed out in chunks of ``size``."""

    data: dict[str, list[Row]]
    name: str = "main"
    styles: dict[str, dict[str, ColumnFormat]] = field(default_factory=dict)
    broken: dict[str, tuple[UnreadableRow, ...]] = field(default_factory=dict)
    size: int = 3

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables in canonical order."""
        return tuple(table.name for table in TABLES if table.name in self.data)

    def changes_of(self, table: str) -> None:
        """A source in memory is always read whole."""

    def read(self, table: str, changes: object = None) -> Iterator[Chunk]:
        """Hand out the rows; an empty table is one empty chunk."""
        rows = self.data[table]
        columns = [c.name for c in BY_NAME[table].columns if any(c.name in row for row in rows)]
        for start in range(0, max(len(rows), 1), self.size):
            part = rows[start : start + self.size]
            frame = pd.DataFrame([[row.get(name) for name in columns] for row in part], columns=columns, dtype=object)
            broken = self.broken.get(table, ()) if start == 0 else ()
            yield Chunk(frame, f"{table}.csv", range(start + 2, start + 2 + len(part)), broken)

    def formats(self, table: str) -> Mapping[str, ColumnFormat]:
        """How text of a table is read."""
        return self.styles.get(table, {})

    def describe(self) -> dict[str, object]:
        """The name."""
        return {"name": self.name}


class Warehouse:
    """A migrated database to land in; every run is a day after the one before."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.days = 0

    def start(self, business_date: date | None = None) -> RunContext:
        """Open a run."""
        instant = FIRST_INSTANT + timedelta(days=self.days)
        self.days += 1
        row = self.one(
            "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id",
            instant,
            instant,
        )
        return RunContext(row[0], instant, business_date)

    def land(
        self, *sources: MemorySource, run: RunContext | None = None, keys: Secrets = KEYS
    ) -> dict[str, TableCount]:
        """Land sources as one run, which stays open; the counts of the last source by table."""
        run = run or self.start()
        self.run = run
        counts: list[TableCount] = []
        for source in sources:
            counts = landing.land_source(self.connection, source, run, keys)
        self.connection.commit()
        return {count.table_name: count for count in counts}

    def publish(self, *sources: MemorySource) -> dict[str, TableCount]:
        """Land sources as one run and accept it."""
        counts = self.land(*sources)
        self.accept()
        return counts

    def accept(self) -> None:
        """Accept the last run."""
        landing.accept(self.connection, self.run.run_id)
        self.connection.commit()

    def refuse(self, run_id: int | None = None) -> None:
        """Refuse a run, or all."""
        landing.refuse(self.connection, run_id)
        self.connection.commit()

    def one(self, query: str, *values: object) -> tuple[Any, ...]:
        """The first row."""
        row = self.connection.execute(query.encode(), values).fetchone()
        assert row is not None
        return row

    def all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row."""
        return self.connection.execute(query.encode(), values).fetchall()

    def rejects(self, table: str) -> list[tuple[int | None, set[str], set[str]]]:
        """Line, reasons and columns of the rows that the last run rejected, by line."""
        query = sql.SQL("select line, reasons, columns from {} where run_id = %s order by line").format(
            sql.Identifier("quarantine", table)
        )
        return [(line, set(why), set(where)) for line, why, where in self.connection.execute(query, (self.run.run_id,))]

    def current(self, table: str) -> list[tuple[str, str, bool]]:
        """Source, key and whether it is a tombstone, of the current accepted versions."""
        query = sql.SQL(
            "select r.source_name, r.record_key, r.is_deleted from {} r join ops.batches b using (batch_id)"
            " where r.known_to is null and b.state = 'accepted' order by 1, 2"
        ).format(sql.Identifier("raw", table))
        return self.connection.execute(query).fetchall()


def base(**more: list[Row]) -> dict[str, list[Row]]:
    """Two hospitals, one patient, two invoices, one payment; ``more`` adds or replaces tables."""
    data: dict[str, list[Row]] = {
        "hospitals": [
            {"hospital_id": "H1", "name": "North", "timezone": "America/New_York", "currency": "USD"},
            {"hospital_id": "H2", "name": "South", "timezone": "UTC", "currency": "KWD"},
        ],
        "patients": [
            {"patient_id": "P1", "hospital_id": "H1", "first_name": "Zofia", "last_name": "Brzęczyszczykiewicz"}
        ],
        "invoices": [invoice("I1"), invoice("I2", total="250.50")],
        "payments": [payment("Y1")],
    }
    return data | more


def invoice(key: str | None, **more: str | None) -> Row:
    """A good invoice of hospital H1."""
    row: Row = {
        "invoice_id": key, "hospital_id": "H1", "patient_id": "P1", "invoice_date": "2025-06-01", "total": "100.00",
        "status": "issued",
    }  # fmt: skip
    return row | more


def payment(key: str | None, **more: str | None) -> Row:
    """A good payment of invoice I1, which says the hospital."""
    row: Row = {
        "payment_id": key,
        "invoice_id": "I1",
        "payment_date": "2025-06-10",
        "amount": "40.00",
        "status": "paid",
    }
    return row | more
