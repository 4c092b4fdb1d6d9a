"""Making a backup: one snapshot for the dump, the checksums and the head of the audit log."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from warehouse.backup import contents, programs, store
from warehouse.backup.errors import BackupError
from warehouse.backup.sealed import SealedWriter
from warehouse.engine import connect, scalar, url_for
from warehouse.settings import load_backup_keys

# Publishing may drop a build that the snapshot still sees: then the attempt fails, mostly at once, and the next one works.
_ATTEMPTS = 4
_DROPPED = (programs.ProgramError, psycopg.errors.UndefinedTable, psycopg.errors.InternalError)


def create(reason: str, now: datetime) -> tuple[Path, dict[str, Any]]:
    """Back the warehouse up into the folder of backups. A run may be in progress: the snapshot is consistent.

    Args:
        reason: why, in lower-case words joined by hyphens: becomes part of the name.
        now: the instant, with time zone.

    Returns:
        The file and its manifest.

    Raises:
        BackupError: if it cannot be made; older backups are not touched.
    """
    keys = load_backup_keys()
    for _ in range(_ATTEMPTS - 1):
        with suppress(*_DROPPED):
            return _create(reason, now, keys[0])
    return _create(reason, now, keys[0])


def _create(reason: str, now: datetime, key: bytes) -> tuple[Path, dict[str, Any]]:
    with connect("owner") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        manifest = _manifest(connection, reason, now)
        tools = programs.find(manifest["server_version"] // 10000)
        manifest["dumped_by"] = tools.major
        with store.new_file(now, reason) as (file, path):
            writer = SealedWriter(file, key)
            for block in programs.dump(tools, url_for("owner"), _arguments(connection)):
                writer.write(block)
            writer.finish(manifest)
    return path, manifest


def _manifest(connection: psycopg.Connection[Any], reason: str, now: datetime) -> dict[str, Any]:
    revision = contents.revision(connection)
    if revision is None:
        raise BackupError("There is nothing to back up: the database holds no warehouse.")
    if hidden := contents.partly_visible(connection):
        raise BackupError(
            f"Row policies hide rows of {', '.join(hidden[:3])} from the owner's login: a backup would not be complete."
            " Make the login a member of daybook_etl, or give it BYPASSRLS."
        )
    contents.plain_text(connection)
    return contents.summary(connection) | {
        "created_at": now.isoformat(),
        "reason": reason,
        "revision": revision,
        "server_version": int(scalar(connection, "show server_version_num")),
        "owner": scalar(connection, "select current_user"),
        "tables": contents.tables(connection),
        "sequences": contents.sequences(connection),
        "owners": contents.owners(connection),
        "roles": contents.roles(connection),
    }


def _arguments(connection: psycopg.Connection[Any]) -> list[str]:
    sees_all = scalar(connection, "select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
    return [
        "--format=custom", "--compress=4", "--no-tablespaces", "--lock-wait-timeout=60000",
        f"--snapshot={scalar(connection, 'select pg_export_snapshot()')}",
        *(f"--exclude-schema={schema}" for schema in contents.PASSING_SCHEMAS),
        f"--exclude-table={contents.PASSING_TABLES}",
        *([] if sees_all else ["--enable-row-security"]),
    ]  # fmt: skip
