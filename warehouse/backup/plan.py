"""What a restore would undo, said before anything is touched. Numbers and dates only."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from warehouse.backup import contents
from warehouse.backup.sealed import Sealed
from warehouse.engine import scalar

_RUNS = """
select count(*), min(started_at at time zone 'UTC'), max(started_at at time zone 'UTC')
from ops.etl_process_status where id > %s
"""
# What people entered, and no run brings again. The audit log is carried over.
_ENTERED = """
select n.nspname || '.' || c.relname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and (n.nspname = 'portal' and c.relname not like 'audit%%' or c.relname = 'period_closes') order by 1
"""


def undone(connection: psycopg.Connection[Any], sealed: Sealed) -> list[str]:
    """Return sentences: what state comes back, and what the present one has beyond it.

    Args:
        connection: to the warehouse as it is now.
        sealed: the backup.
    """
    then = sealed.manifest
    sentences = [
        f"The warehouse goes back to {then['created_at'][:16].replace('T', ' ')} UTC with {_build(then['live_build'])}."
    ]
    if contents.revision(connection) is None:
        return [*sentences, "The database holds no warehouse yet: nothing is undone."]
    now = contents.summary(connection)
    sentences.append(f"Now it has {_build(now['live_build'])}.")
    row = connection.execute(_RUNS, [then["last_run"] or 0]).fetchone() or (0, None, None)
    if row[0]:
        sentences.append(
            f"Runs undone: {row[0]}, started from {row[1]:%Y-%m-%d %H:%M} to {row[2]:%Y-%m-%d %H:%M} UTC;"
            " the next run reads their data again if the sources still have them."
        )
    sentences += _entered(connection, then["tables"])
    sentences.append(
        "Users are those of the backup, without what was taken from them since; newer passwords and second factors stay."
        " Audit records are kept, the newer ones too."
    )
    return sentences


def _entered(connection: psycopg.Connection[Any], then: dict[str, list[Any]]) -> list[str]:
    found = []
    for (name,) in connection.execute(_ENTERED).fetchall():
        count = scalar(connection, sql.SQL("select count(*) from {}").format(sql.Identifier(*name.split(".", 1))))
        before = then.get(name, [0])[0]
        if count != before:
            found.append(f"{name}: {count} rows now, {before} in the backup.")
    return found


def _build(build: list[Any] | None) -> str:
    return f"build {build[0]} of business date {build[1]} live" if build else "no live build"
