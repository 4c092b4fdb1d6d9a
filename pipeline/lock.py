"""One run at a time: an advisory lock held by the session, so that a dead holder frees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from pipeline.errors import BusyError, DaybookError
from warehouse import locks
from warehouse.engine import connect


class LockLostError(DaybookError):
    """The database dropped the session that held the lock; nothing may be published any more."""


@contextmanager
def run_lock() -> Iterator[psycopg.Connection[Any]]:
    """Hold the run lock and yield the connection (autocommit) that holds it.

    Raises:
        BusyError: if another run holds it; the message says which and since when.
    """
    with connect("etl", autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(%s)", [locks.RUN]).fetchone()
        if not row or not row[0]:
            raise BusyError(f"Another run is in progress ({_holder(connection)}); try again when it has ended.")
        yield connection


def check_held(connection: psycopg.Connection[Any]) -> None:
    """Make sure that ``connection`` still holds the run lock.

    Raises:
        LockLostError: if it does not.
    """
    try:
        held = connection.execute(
            "select 1 from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and objid = %s and granted",
            [locks.RUN],
        ).fetchone()
    except psycopg.OperationalError:
        held = None
    if not held:
        raise LockLostError("The database closed the session that held the run lock; nothing was published. Run again.")


def is_held(connection: psycopg.Connection[Any]) -> bool:
    """Return whether some session holds the run lock."""
    query = (
        "select 1 from pg_locks where locktype = 'advisory' and objid = %s and granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    return connection.execute(query, [locks.RUN]).fetchone() is not None


def _holder(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(
        "select id, stage, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZ') from ops.etl_process_status"
        " where status = 'running' order by id desc limit 1"
    ).fetchone()
    return f"run {row[0]}, started {row[2]}, now at stage {row[1]}" if row else "it is just starting or cleaning up"
