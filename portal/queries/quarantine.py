"""Rows in quarantine, run by run: how many, why, how much money, and where each stood. Never what they held.

A row whose hospital could not be read is of nobody's: it is counted for all, and shown to those who see every hospital.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.queries.etl_details import Reject
from portal.queries.sql import rows, values

_SEEN = "(:everything or q.hospital_id = any (cast(:hospitals as text[])))"
_ASKED = """
    and (cast(:table as text) is null or q.table_name = :table)
    and (cast(:reason as text) is null or :reason = any (q.reasons))"""
_RUNS = f"""
    select r.id as run_id, r.started_at, r.status,
           coalesce(sum(q.row_count) filter (where {_SEEN}), 0)::bigint as row_count,
           coalesce(sum(q.row_count) filter (where q.hospital_id is null), 0)::bigint as unknown_count
    from (
        select id, started_at, status from ops.etl_process_status as s
        where exists (select from ops.gate_outcomes as g where g.run_id = s.id)
        order by id desc limit :most
    ) as r
    left join ops.quarantine_totals as q on q.run_id = r.id
    group by r.id, r.started_at, r.status
    order by r.id desc"""
_REASONS = f"""
    select q.table_name, q.reason, q.hospital_id, sum(q.row_count)::bigint as row_count, sum(q.amount) as amount
    from ops.quarantine_reasons as q
    where q.run_id = :run_id and {_SEEN}
    group by q.table_name, q.reason, q.hospital_id
    order by row_count desc, q.table_name, q.reason, q.hospital_id"""
_FROM = f"from ops.quarantine_rows as q where q.run_id = :run_id and {_SEEN} {_ASKED}"
_ROWS = f"""
    select q.source_name, q.table_name, q.hospital_id, q.record_key, q.file, q.line, q.reasons, q.columns, q.amount {_FROM}
    order by q.table_name, q.hospital_id, q.record_key, q.file, q.line, q.quarantine_id
    limit :limit offset :offset"""


@dataclass(frozen=True)
class QuarantineFilter:
    """Which refused rows: of a run, whose hospitals (or ``everything``), of a table, with a reason."""

    run_id: int
    hospitals: Sequence[str]
    everything: bool = False
    table: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class RunQuarantine:
    """What a run put into quarantine; ``unknown_count`` are the rows whose hospital could not be read."""

    run_id: int
    started_at: datetime
    status: str
    row_count: int
    unknown_count: int


@dataclass(frozen=True)
class QuarantineReason:
    """Why rows of a table were refused; a row with two reasons counts under both."""

    table_name: str
    reason: str
    hospital_id: str | None
    row_count: int
    amount: Decimal


def quarantine_runs(
    connection: Connection, hospitals: Sequence[str], everything: bool = False, most: int = 10
) -> list[RunQuarantine]:
    """Return the last runs that read something, newest first, with what they refused of ``hospitals``."""
    asked = {"hospitals": list(hospitals), "everything": everything, "most": most}
    return rows(connection, _RUNS, asked, RunQuarantine)


def quarantine_reasons(connection: Connection, asked: QuarantineFilter) -> list[QuarantineReason]:
    """Return why rows of the run were refused, the most frequent first; table and reason of ``asked`` do not limit."""
    return rows(connection, _REASONS, _parameters(asked), QuarantineReason)


def quarantine_count(connection: Connection, asked: QuarantineFilter) -> int:
    """Return how many rows ``asked`` selects."""
    return int(values(connection, f"select count(*) {_FROM}", **_parameters(asked))[0])


def quarantine_page(connection: Connection, asked: QuarantineFilter, page: int, limit: int) -> list[Reject]:
    """Return one page (from 1) of the rows that ``asked`` selects, by table and key."""
    parameters = _parameters(asked) | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, _ROWS, parameters, Reject)


def _parameters(asked: QuarantineFilter) -> dict[str, Any]:
    return vars(asked) | {"hospitals": list(asked.hospitals)}
