"""What happened inside one run: stages, rows and money per table, gates, and why rows were refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from portal.queries.sql import stream

_STAGES = text("""
  select stage, status, started_at, finished_at, detail from ops.run_stages where run_id = :run_id order by seq
""")
_TABLES = text("""
  select
    source_name, table_name, rows_read, rows_landed, rows_quarantined, rows_duplicate, rows_unreadable_amount,
    amount_read, amount_landed, amount_quarantined, amount_duplicate, rows_new, rows_changed, rows_deleted, rows_stale
  from ops.run_tables
  where run_id = :run_id
  order by source_name, table_name
""")
# Whose gates, keys and refused rows are seen is decided by these views, for the hospitals of the transaction.
_GATES = text("""
  select
    stage, gate, source_name, table_name, hospital_id, severity, passed, accepted_reason, observed, threshold, message,
    failing_keys
  from ops.gate_outcomes
  where run_id = :run_id
  order by passed, gate_result_id
""")
_REASONS = text("""
  select source_name, table_name, hospital_id, reason, row_count, amount
  from ops.quarantine_reasons
  where run_id = :run_id
  order by row_count desc, table_name, reason, hospital_id
  limit :limit
""")
_REJECTS = """
  select source_name, table_name, hospital_id, record_key, file, line, reasons, columns, amount
  from ops.quarantine_rows
  where run_id = :run_id
  order by source_name, table_name, file, line, quarantine_id
"""


@dataclass(frozen=True)
class Stage:
    """One stage of a run."""

    stage: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class TableCounts:
    """What was read of a table and what became of it: read = landed + quarantined + duplicate, in rows and money."""

    source_name: str
    table_name: str
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_duplicate: int
    rows_unreadable_amount: int
    amount_read: Decimal
    amount_landed: Decimal
    amount_quarantined: Decimal
    amount_duplicate: Decimal
    rows_new: int
    rows_changed: int
    rows_deleted: int
    rows_stale: int


@dataclass(frozen=True)
class GateResult:
    """How one gate turned out; ``hospital_id`` None is for all hospitals together."""

    stage: str
    gate: str
    source_name: str | None
    table_name: str | None
    hospital_id: str | None
    severity: str
    passed: bool
    accepted_reason: str | None
    observed: dict[str, Any]
    threshold: dict[str, Any]
    message: str
    failing_keys: list[dict[str, Any]]


@dataclass(frozen=True)
class Reason:
    """Why rows of a table were refused. A row with two reasons counts under both."""

    source_name: str
    table_name: str
    hospital_id: str | None
    reason: str
    row_count: int
    amount: Decimal


@dataclass(frozen=True)
class Reject:
    """A row that was refused: where it stood and why, never what it held. ``record_key`` None: it had no readable id."""

    source_name: str
    table_name: str
    hospital_id: str | None
    record_key: str | None
    file: str
    line: int | None
    reasons: list[str]
    columns: list[str]
    amount: Decimal | None


def stages(connection: Connection, run_id: int, everything: bool = False) -> list[Stage]:
    """Return the stages of a run in order; their details, which count rows of all hospitals, with ``everything``."""
    found = connection.execute(_STAGES, {"run_id": run_id}).mappings()
    return [Stage(**(dict(row) if everything else {**row, "detail": {}})) for row in found]


def tables(connection: Connection, run_id: int) -> list[TableCounts]:
    """Return the control totals of a run, per source and table: they are of all hospitals, and for who sees everything."""
    return [TableCounts(**row) for row in connection.execute(_TABLES, {"run_id": run_id}).mappings()]


def gates(connection: Connection, run_id: int) -> list[GateResult]:
    """Return the gates of a run, failed ones first, as far as they concern the hospitals in scope or all."""
    return [GateResult(**row) for row in connection.execute(_GATES, {"run_id": run_id}).mappings()]


def reasons(connection: Connection, run_id: int, limit: int = 200) -> list[Reason]:
    """Return why rows of the hospitals in scope were refused, the most frequent first.

    Rows whose hospital could not be read, or does not exist, are for who sees everything.
    """
    return [Reason(**row) for row in connection.execute(_REASONS, {"run_id": run_id, "limit": limit}).mappings()]


def rejects(connection: Connection, run_id: int) -> Iterator[Reject]:
    """Yield the refused rows of the hospitals in scope as they stood in their files; see ``reasons``."""
    return stream(connection, _REJECTS, {"run_id": run_id}, Reject)
