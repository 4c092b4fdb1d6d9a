"""Rows put straight into ``raw``, as the landing would have left them: runs, batches, versions, a build in progress."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql

from warehouse.canonical import BY_NAME

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One version of a row. ``deleted`` makes it a tombstone."""

    table: str
    values: Values
    deleted: bool = False

    @property
    def record_key(self) -> str:
        """The identifying columns, joined as the landing joins them."""
        return "|".join(str(self.values[column]) for column in BY_NAME[self.table].key)


@dataclass(frozen=True)
class Delivery:
    """What one source brought in one run, and what became of it (``accepted``, ``landed`` or ``refused``).

    ``rejects`` went to quarantine.
    """

    instant: datetime
    state: str
    rows: Sequence[Row]
    source: str = "main"
    is_building: bool = False
    rejects: Sequence[Row] = ()


def load(
    connection: psycopg.Connection[Any], deliveries: Iterable[Delivery], business_dates: Mapping[str, date]
) -> None:
    """Insert ``deliveries`` in order; those of the run being built share one run and get a build in state ``building``."""
    building_run: int | None = None
    standing: dict[tuple[str, str, str | None, str], int] = {}
    for delivery in deliveries:
        run = building_run if delivery.is_building and building_run else _run(connection, delivery.instant)
        if delivery.is_building and building_run is None:
            building_run = run
            _build(connection, run, delivery.instant, business_dates)
        batch = connection.execute(
            "insert into ops.batches (run_id, source_name, state) values (%s, %s, %s) returning batch_id",
            (run, delivery.source, delivery.state),
        ).fetchone()
        assert batch is not None
        for row in delivery.rows:
            _insert(connection, row, delivery, batch[0], standing)
        for row in delivery.rejects:
            _quarantine(connection, row, delivery, run, batch[0])
    # As the landing leaves them, with statistics: without, the planner builds the ledger row by row.
    connection.execute("select ops.analyze_raw(%s)", [list(BY_NAME)])
    connection.commit()


def _run(connection: psycopg.Connection[Any], instant: datetime) -> int:
    statement = (
        "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id"
    )
    found = connection.execute(statement, (instant, instant)).fetchone()
    assert found is not None
    return int(found[0])


def _build(connection: psycopg.Connection[Any], run: int, instant: datetime, dates: Mapping[str, date]) -> None:
    statement = (
        "insert into ops.builds (run_id, schema_name, state, instant, fingerprint)"
        " values (%s, 'marts_b1', 'building', %s, 'test') returning build_id"
    )
    found = connection.execute(statement, (run, instant)).fetchone()
    assert found is not None
    for hospital, day in dates.items():
        connection.execute("insert into ops.business_dates values (%s, %s, %s)", (found[0], hospital, day))


def _quarantine(connection: psycopg.Connection[Any], row: Row, delivery: Delivery, run: int, batch: int) -> None:
    statement = sql.SQL(
        "insert into quarantine.{} (run_id, batch_id, source_name, hospital_id, record_key, file, reasons)"
        " values (%s, %s, %s, %s, %s, 'rejects.csv', '{{bad amount}}')"
    ).format(sql.Identifier(row.table))
    connection.execute(statement, (run, batch, delivery.source, row.values["hospital_id"], row.record_key))


def _insert(
    connection: psycopg.Connection[Any],
    row: Row,
    delivery: Delivery,
    batch: int,
    standing: dict[tuple[str, str, str | None, str], int],
) -> None:
    columns: dict[str, Any] = {
        "source_name": delivery.source,
        "record_key": row.record_key,
        "row_hash": hashlib.md5(repr(sorted(row.values.items())).encode(), usedforsecurity=False).hexdigest(),
        "batch_id": batch,
        "is_deleted": row.deleted,
        "known_from": delivery.instant,
        "known_to": delivery.instant if delivery.state == "refused" else None,
        **row.values,
    }
    statement = sql.SQL("insert into raw.{} ({}) values ({}) returning version_id").format(
        sql.Identifier(row.table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    found = connection.execute(statement, list(columns.values())).fetchone()
    assert found is not None
    if delivery.state != "accepted":
        return
    identity = (row.table, delivery.source, row.values.get("hospital_id"), row.record_key)
    former = standing.get(identity)
    if former is not None:
        close = sql.SQL("update raw.{} set known_to = %s where version_id = %s").format(sql.Identifier(row.table))
        connection.execute(close, (delivery.instant, former))
    standing[identity] = int(found[0])
