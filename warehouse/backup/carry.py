"""What a restore must not take back: audit records, numbers given out, a hold, ended sign-ins and schedules, sent mails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import Connection

from warehouse import audit_chain
from warehouse.backup import sign_ins
from warehouse.backup.sign_ins import Kept
from warehouse.engine import driver_connection, scalar

_LOG = sql.Identifier("portal", "audit_log")
_HEAD = "select id, hash from portal.audit_log order by id desc limit 1"
_COLUMNS = """
select attname from pg_attribute where attrelid = 'portal.audit_log'::regclass and attnum > 0 and not attisdropped
"""


def carry(old: psycopg.Connection[Any], restored: Connection, key: bytes) -> tuple[int, Kept]:
    """Bring over what the present warehouse knows beyond the restored one. Within the callers' transactions.

    Args:
        old: to the present warehouse; nobody else writes to it any more.
        restored: to the restored one, at the same schema or a newer one.
        key: of the audit chain.

    Returns:
        How many audit records were carried over, and what else was kept.
    """
    new = driver_connection(restored)
    _purges(old, new)
    carried = _audit(old, new, restored, key)
    _sequences(old, new)
    hold = old.execute("select held_by, reason, held_at from ops.publishing where held").fetchone()
    if hold:
        new.execute("update ops.publishing set held = true, held_by = %s, reason = %s, held_at = %s", hold)
    kept = sign_ins.keep_newer(old, new)
    _mails(old, new)
    _schedules(old, new)
    return carried, kept


def _audit(old: psycopg.Connection[Any], new: psycopg.Connection[Any], restored: Connection, key: bytes) -> int:
    head = new.execute(_HEAD).fetchone()
    if head is None or _has(old, head):
        return _copy_after(old, new, head[0] if head else 0)  # all of it, where the backup's were purged
    last = old.execute(_HEAD).fetchone()
    if last is None or _has(new, last):
        return 0  # the backup is the newer one
    return _adopt(old, new, restored, key)


def _purges(old: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> None:
    """What was purged since the backup stays purged."""
    if scalar(old, "select to_regclass('portal.audit_anchors')") is None:
        return
    anchors = old.execute(
        "select through_id, through_hash, record_count, purged_at, signature from portal.audit_anchors"
    )
    with new.cursor() as cursor:
        cursor.executemany(
            "insert into portal.audit_anchors (through_id, through_hash, record_count, purged_at, signature)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            anchors.fetchall(),
        )
    new.execute("delete from portal.audit_log where id <= (select max(through_id) from portal.audit_anchors)")


def _mails(old: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> None:
    """What was sent or given up since the backup is not sent again."""
    if scalar(old, "select to_regclass('portal.mails')") is None:
        return
    done = old.execute(
        "select sent_at, failed_at, last_error, mail_id, created_at from portal.mails"
        " where sent_at is not null or failed_at is not null"
    )
    with new.cursor() as cursor:
        cursor.executemany(
            "update portal.mails set sent_at = %s, failed_at = %s, last_error = %s"
            " where mail_id = %s and created_at = %s and sent_at is null and failed_at is null",
            done.fetchall(),
        )


def _schedules(old: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> None:
    """A schedule of exports that was switched off since the backup mails nothing any more."""
    if scalar(old, "select to_regclass('portal.export_schedules')") is None:
        return
    ended = old.execute("select ended_at, id, created_at from portal.export_schedules where ended_at is not null")
    with new.cursor() as cursor:
        cursor.executemany(
            "update portal.export_schedules set ended_at = %s where id = %s and created_at = %s and ended_at is null",
            ended.fetchall(),
        )


def _has(connection: psycopg.Connection[Any], record: tuple[Any, ...]) -> bool:
    number, digest = record
    return scalar(connection, "select hash from portal.audit_log where id = %s", [number]) == digest


def _copy_after(old: psycopg.Connection[Any], new: psycopg.Connection[Any], number: int) -> int:
    known = set(new.execute(_COLUMNS).fetchall())
    names = [row[0] for row in old.execute(_COLUMNS).fetchall() if row in known]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    reading = sql.SQL("copy (select {} from {} where id > {} order by id) to stdout").format(
        columns, _LOG, sql.Literal(number)
    )
    writing = sql.SQL("copy {} ({}) from stdin").format(_LOG, columns)
    with old.cursor() as source, new.cursor() as target, _unforced(new):
        with source.copy(reading) as rows, target.copy(writing) as taken:
            for block in rows:
                taken.write(block)
        return max(target.rowcount, 0)


@contextmanager
def _unforced(new: psycopg.Connection[Any]) -> Iterator[None]:
    """Let the owner copy into the log meanwhile: COPY refuses a table whose row policies hold who copies, whatever they say."""
    forced = scalar(new, "select relforcerowsecurity from pg_class where oid = 'portal.audit_log'::regclass")
    if forced:
        new.execute("alter table portal.audit_log no force row level security")
    yield
    if forced:
        new.execute("alter table portal.audit_log force row level security")


def _adopt(old: psycopg.Connection[Any], new: psycopg.Connection[Any], restored: Connection, key: bytes) -> int:
    """Two histories, as after starting anew: records of ours that the backup does not have follow its own, renumbered."""
    count = 0
    with old.cursor(name="daybook_carry", row_factory=dict_row) as cursor:
        cursor.execute("select *, host(ip_address) as address from portal.audit_log order by id")
        for record in cursor:
            if not _has(new, (record["id"], record["hash"])):
                audit_chain.adopt(restored, key, record | {"ip_address": record.pop("address")})
                count += 1
    return count


def _sequences(old: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> None:
    # Numbers of runs and builds stand in exports and letters: they are never given twice.
    query = "select schemaname, sequencename, last_value from pg_sequences where last_value is not null"
    given = {(schema, name): value for schema, name, value in old.execute(query).fetchall()}
    known = {
        (schema, name) for schema, name in new.execute("select schemaname, sequencename from pg_sequences").fetchall()
    }
    for place in given.keys() & known:
        sequence = sql.Identifier(*place)
        row = new.execute(sql.SQL("select last_value, is_called from {}").format(sequence)).fetchone() or (0, False)
        if given[place] > row[0] or (given[place] == row[0] and not row[1]):
            new.execute("select setval(%s, %s)", [sequence.as_string(), given[place]])
