"""Putting a backup in the warehouse's place.

It is restored into a database beside it and compared first; then the two change names, in one transaction. Until that
moment a failure, or a kill, leaves the warehouse as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from warehouse import audit_chain, audit_check, migrate
from warehouse.audit_chain import Entry
from warehouse.audit_check import BrokenChainError
from warehouse.backup import contents
from warehouse.backup import scratch as scratches
from warehouse.backup.carry import carry
from warehouse.backup.create import create
from warehouse.backup.errors import BackupBusyError
from warehouse.backup.scratch import Scratch
from warehouse.backup.sealed import Sealed
from warehouse.backup.sign_ins import Kept
from warehouse.engine import connect, driver_connection, scalar, url_for
from warehouse.settings import load_secrets

_PATIENCE = 50
_PAUSE = 0.2
_OTHERS = (
    "select pid, usename from pg_stat_activity where datname = %s and pid <> %s and backend_type = 'client backend'"
)
_SETTINGS = """
select unnest(setconfig) from pg_db_role_setting
where setrole = 0 and setdatabase = (select oid from pg_database where datname = %s)
"""


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        restore_point: backup of what was there before; None if there was nothing.
        carried: audit records that are newer than the backup and were kept.
        created_roles: roles that were missing; they have no password and cannot log in yet.
        broken_chain: what is wrong with the audit log that was carried over; None if nothing is.
        kept: what was not taken back of who may come in.
    """

    restore_point: Path | None
    carried: int
    created_roles: list[str]
    broken_chain: str | None
    kept: Kept


def open_again(admin: psycopg.Connection[Any]) -> None:
    """Let people into the warehouse again, should a restore have been killed between closing it and changing names."""
    name = scratches.warehouse_name()
    if scalar(admin, "select not datallowconn from pg_database where datname = %s", [name]):
        _allow_connections(admin, name, allowed=True)


def restore(
    admin: psycopg.Connection[Any], sealed: Sealed, now: datetime, by: str, unlock: Callable[[], None]
) -> Restored:
    """Put a backup in the warehouse's place. Everybody who is connected is thrown out when it is ready.

    Args:
        admin: from ``scratch.administration``.
        sealed: a backup that ``verify.open_whole`` found whole.
        now: the instant, with time zone.
        by: who restores.
        unlock: called when nobody else can connect any more: gives up the run lock, and the connection that holds it.

    Raises:
        BackupError: if it cannot be restored; the warehouse is as it was.
    """
    name = scratches.warehouse_name()
    scratches.programs_for(admin, sealed)
    with connect("owner") as connection:
        in_use = contents.is_in_use(connection)
    point = create("before-restore", now)[0] if in_use else None
    with scratches.scratch(admin) as place:
        created = scratches.fill(place, sealed)
        migrate.upgrade(place.name)
        _prepare(place, name)
        try:
            old = connect("owner")
            with old:
                _close_to_others(admin, name, old.info.backend_pid, unlock)
                carried, broken, kept = _carry(old, place, sealed, by)
            _change_names(admin, name, place)
        finally:
            open_again(admin)
    scratches.drop_leftovers(admin)
    return Restored(point, carried, created, broken, kept)


def _prepare(place: Scratch, name: str) -> None:
    with connect("owner", database=place.name, autocommit=True) as connection:
        connection.execute("analyze")
    for (setting,) in place.admin.execute(_SETTINGS, [name]).fetchall():
        key, _, value = setting.partition("=")
        place.admin.execute(
            sql.SQL("alter database {} set {} = {}").format(
                sql.Identifier(place.name), sql.SQL(".").join(map(sql.Identifier, key.split("."))), sql.Literal(value)
            )
        )


def _close_to_others(admin: psycopg.Connection[Any], name: str, own: int, unlock: Callable[[], None]) -> None:
    _allow_connections(admin, name, allowed=False)
    unlock()
    for _ in range(_PATIENCE):
        others = admin.execute(_OTHERS, [name, own]).fetchall()
        if not others:
            return
        for pid, _ in others:
            with suppress(psycopg.errors.InsufficientPrivilege):
                admin.execute("select pg_terminate_backend(%s)", [pid])
        time.sleep(_PAUSE)
    raise BackupBusyError(
        f"{len(others)} connections of {', '.join(sorted({who for _, who in others}))} stay open and may not be closed by"
        " the owner's login: stop portal and worker, then restore again. The warehouse is as it was."
    )


def _carry(old: psycopg.Connection[Any], place: Scratch, sealed: Sealed, by: str) -> tuple[int, str | None, Kept]:
    keys = [key.encode() for key in load_secrets().audit_keys]
    engine = create_engine(url_for("owner").set(database=place.name), poolclass=NullPool, hide_parameters=True)
    carried, broken, kept = 0, None, Kept()
    with engine.begin() as connection:
        if contents.revision(old) is not None:
            carried, kept = carry(old, connection, keys[0])
        try:
            audit_check.verify(connection, *keys)
        except BrokenChainError as error:
            broken = str(error)
        _clear_runs(driver_connection(connection))
        details = {
            "backup_of": sealed.manifest["created_at"],
            "audit_records_carried_over": carried,
            "kept": kept.counts(),
        }
        entry = Entry(f"command line: {by}", "restore", "backup", sealed.path.name, details=details)
        audit_chain.append(connection, keys[0], entry)
    return carried, broken, kept


def _clear_runs(connection: psycopg.Connection[Any]) -> None:
    # A run that was in progress while the backup was made is not any more; the next run clears up what it left.
    connection.execute(
        "update ops.etl_process_status set status = 'failed', outcome = 'killed', completed_at = clock_timestamp(),"
        " error_message = 'It was in progress when the backup was made from which the warehouse was restored.'"
        " where status = 'running'"
    )


def _change_names(admin: psycopg.Connection[Any], name: str, place: Scratch) -> None:
    retired = f"{place.name}_old"
    rename = sql.SQL("alter database {} rename to {}")
    with admin.transaction():
        admin.execute(rename.format(sql.Identifier(name), sql.Identifier(retired)))
        admin.execute(rename.format(sql.Identifier(place.name), sql.Identifier(name)))


def _allow_connections(admin: psycopg.Connection[Any], name: str, *, allowed: bool) -> None:
    statement = "alter database {} allow_connections " + ("true" if allowed else "false")
    admin.execute(sql.SQL(statement).format(sql.Identifier(name)))
