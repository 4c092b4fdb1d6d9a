"""A database beside the warehouse's into which a backup is restored: to be compared, and perhaps to take its place."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from warehouse import locks
from warehouse.backup import contents, programs
from warehouse.backup.errors import BackupBusyError, BackupError, DamagedBackupError
from warehouse.backup.sealed import Sealed, chunks
from warehouse.engine import connect, scalar, url_for
from warehouse.settings import load_backup_keys

_MARK = "_scratch_"


@dataclass(frozen=True)
class Scratch:
    """An empty database called ``name``; ``admin`` is a connection to none of ours, in autocommit."""

    name: str
    admin: psycopg.Connection[Any]


def warehouse_name() -> str:
    """Return the name of the warehouse's database."""
    return str(url_for("owner").database)


@contextmanager
def administration() -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection to a database of the server that is not the warehouse's, for one restore or verification at a time.

    Raises:
        BackupBusyError: if another one is in progress.
    """
    with _beside() as admin:
        if not scalar(admin, "select pg_try_advisory_lock(%s)", [locks.SCRATCH]):
            raise BackupBusyError("Another restore or verification is in progress; try again when it has ended.")
        yield admin


@contextmanager
def scratch(admin: psycopg.Connection[Any]) -> Iterator[Scratch]:
    """Create an empty database and drop it in the end, unless it was given another name.

    Raises:
        BackupError: if the owner's login may not create databases.
    """
    drop_leftovers(admin)
    name = f"{warehouse_name()[:40]}{_MARK}{secrets.token_hex(4)}"
    try:
        admin.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            "The owner's login may not create the database that a backup is restored into: alter role … createdb."
        ) from error
    try:
        yield Scratch(name, admin)
    finally:
        _drop(admin, name)


def drop_leftovers(admin: psycopg.Connection[Any]) -> None:
    """Drop what a restore or verification left that was killed: nobody else is at work now."""
    rows = admin.execute(
        "select datname from pg_database where starts_with(datname, %s) and pg_has_role(datdba, 'usage')",
        [warehouse_name()[:40] + _MARK],
    ).fetchall()
    for (name,) in rows:
        _drop(admin, name)


def fill(place: Scratch, sealed: Sealed) -> list[str]:
    """Restore a backup into the scratch database, with roles, owners and grants, and compare it with its manifest.

    Returns:
        The roles that were missing and were created, without a password.

    Raises:
        DamagedBackupError: if what was restored is not what was backed up.
        BackupError: if it cannot be restored here.
    """
    manifest = sealed.manifest
    tools = programs_for(place.admin, sealed)
    created = create_roles(place.admin, manifest["roles"])
    programs.restore(tools, url_for("owner").set(database=place.name), chunks(sealed, load_backup_keys()))
    with connect("owner", database=place.name) as connection:
        _compare(connection, sealed)
        if manifest["revision"]:
            with connection.transaction():
                _give_back(connection, manifest["owners"])
    return created


def programs_for(admin: psycopg.Connection[Any], sealed: Sealed) -> programs.Programs:
    """Return the client programs that can restore this backup on this server.

    Raises:
        BackupError: if the server is too old, or the programs are not installed.
    """
    server, then = admin.info.server_version // 10000, sealed.manifest["server_version"] // 10000
    if then > server:
        raise BackupError(
            f"{sealed.path.name} is of PostgreSQL {then}, and this server is {server}: restore it to a newer one."
        )
    return programs.find(server, sealed.manifest["dumped_by"])


def create_roles(admin: psycopg.Connection[Any], wanted: dict[str, list[str]]) -> list[str]:
    """Create the roles that are missing in the cluster, members of the groups they were in. They cannot log in yet."""
    known = {row[0] for row in admin.execute("select rolname from pg_roles").fetchall()}
    missing = sorted(set(wanted) - known)
    for role in missing:
        plain = "nologin noinherit" if role.startswith("daybook_") else "nologin"
        admin.execute(sql.SQL("create role {} " + plain).format(sql.Identifier(role)))
    for role in missing:
        for group in wanted[role]:
            admin.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(role)))
    for group in sorted(set(wanted)):
        # Who gives objects away must belong to the role that gets them.
        if group.startswith("daybook_") and not scalar(admin, "select pg_has_role(%s, 'member')", [group]):
            admin.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(group)))
    return missing


def _compare(connection: psycopg.Connection[Any], sealed: Sealed) -> None:
    with connection.transaction():
        contents.plain_text(connection)
        found: dict[str, dict[str, Any]] = {
            "tables": contents.tables(connection),
            "sequences": contents.sequences(connection),
        }
    for kind, now in found.items():
        then = sealed.manifest[kind]
        different = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
        if different:
            raise DamagedBackupError(
                f"{sealed.path.name} does not restore to what was backed up: {len(different)} {kind} differ"
                f" ({', '.join(different[:3])}). Use another backup."
            )


def _give_back(connection: psycopg.Connection[Any], owners: list[list[str]]) -> None:
    """Give every object to the role that owned it. Kinds and identities come from the manifest, which is proven genuine."""
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("grant create, temporary on database {} to daybook_etl").format(database))
    for kind, identity, role in owners:
        schema = None if kind == "schema" else identity.split(".", 1)[0]
        lent = schema and not scalar(
            connection, "select has_schema_privilege(%s, %s, 'create')", [role, schema.strip('"')]
        )
        if lent:
            connection.execute(f"grant create on schema {schema} to {_quoted(role)}".encode())
        connection.execute(f"alter {kind} {identity} owner to {_quoted(role)}".encode())
        if lent:
            connection.execute(f"revoke create on schema {schema} from {_quoted(role)}".encode())


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string()


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _beside() -> psycopg.Connection[Any]:
    failure: psycopg.Error | None = None
    for name in ("postgres", "template1"):
        if name != warehouse_name():
            try:
                return connect("owner", database=name, autocommit=True)
            except psycopg.OperationalError as error:
                failure = error
    raise BackupError(
        "A restore needs to connect to the server's database postgres, which the owner's login may not"
        f" ({str(failure).strip().splitlines()[-1]})."
    )
