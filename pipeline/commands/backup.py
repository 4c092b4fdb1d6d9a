"""``etl.py backup``: create, list, verify, restore, prune."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg

from pipeline import alerts, show
from pipeline.commands.common import guarded, prepare_warehouse, who
from pipeline.errors import UsageError, warehouse_error
from pipeline.lock import run_lock
from warehouse import audit_chain, embedded
from warehouse.audit_chain import Entry
from warehouse.backup import contents, plan, retention, scratch, store
from warehouse.backup.create import create as create_backup
from warehouse.backup.restore import Restored, open_again
from warehouse.backup.restore import restore as put_in_place
from warehouse.backup.verify import open_whole
from warehouse.backup.verify import verify as verify_backup
from warehouse.engine import connect
from warehouse.settings import SettingsError, load_backup_keys, load_secrets

_NIGHTLY = "daily"
_FILE = click.argument("file", metavar="FILE")


@click.group()
def backup() -> None:
    """Back the warehouse up, prove that a backup can be restored, restore it."""


@backup.command()
@click.option(
    "--reason", default="manual", show_default=True, type=click.Choice(["manual", _NIGHTLY]), help="Part of the name."
)
@guarded
def create(reason: str) -> None:
    """Make a backup, sealed with the first of DAYBOOK_BACKUP_KEYS. A run may be in progress. A nightly one that fails alerts."""
    try:
        prepare_warehouse()
        path, manifest = create_backup(reason, datetime.now(UTC))
    except (SettingsError, psycopg.Error) as error:
        if reason == _NIGHTLY:
            alerts.backup_failed(str(error) if isinstance(error, SettingsError) else str(warehouse_error(error)))
        raise
    head = manifest["audit_head"]
    _record("backup", path.name, {"live_build": manifest["live_build"], "audit_head": head})
    rows = sum(count for count, _ in manifest["tables"].values())
    click.echo(f"{path}: {len(manifest['tables'])} tables, {rows:,} rows, {path.stat().st_size:,} bytes.")
    click.echo(f"Audit log: record {head[0]}, {head[1]}" if head else "Audit log: no record yet.")


@backup.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def list_backups(as_json: bool) -> None:
    """Show the backups that are there, with date, size and checksum."""
    found = [_described(one) for one in store.stored(load_backup_keys())]
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    click.echo(f"{len(found)} backups in {store.folder()}")
    show.table(
        ("file", "made (UTC)", "bytes", "build", "sha-256"),
        [
            (
                one["file"],
                one["created"],
                f"{one['bytes']:,}",
                str(one["build"] or ""),
                one["sha256"] or one["problem"],
            )
            for one in found
        ],
    )


@backup.command()
@_FILE
@guarded
def verify(file: str) -> None:
    """Restore FILE into a scratch database, compare every table, and drop it again."""
    _start_embedded()
    path = _path(file)
    done = verify_backup(path)
    click.echo(f"{path.name} can be restored: {done.tables} tables, {done.rows:,} rows, all checksums equal.")


@backup.command()
@_FILE
@click.option("--yes", is_flag=True, help="Do not ask.")
@guarded
def restore(file: str, yes: bool) -> None:
    """Put the state of FILE in the warehouse's place, after a backup of what is there now."""
    _start_embedded()
    path = _path(file)
    sealed = open_whole(path)
    with scratch.administration() as admin:
        open_again(admin)
        with ExitStack() as stack:
            with connect("owner") as connection:
                # On a new server there is nothing to lock, and no role yet that could hold the lock.
                if contents.revision(connection) is not None:
                    stack.enter_context(run_lock())
                click.echo("\n".join(plan.undone(connection, sealed)))
            _ask(yes)
            done = put_in_place(admin, sealed, datetime.now(UTC), who(), stack.close)
    _tell(path, done)


@backup.command()
@guarded
def prune() -> None:
    """Delete old backups: all stay for 30 days, then one a month for ever (DAYBOOK_BACKUP_DAYS, DAYBOOK_BACKUP_MONTHS)."""
    done = retention.prune(datetime.now(UTC))
    if done.deleted:
        prepare_warehouse()
        _record("backup_prune", None, {"deleted": [path.name for path in done.deleted]})
    for path in done.deleted:
        click.echo(f"Deleted {path.name}.")
    click.echo(f"{len(done.deleted)} backups deleted.")
    for path in done.unreadable:
        show.error(f"{path.name} cannot be read and was left alone: see etl.py backup list.")


def _start_embedded() -> None:
    # Not prepared like for other commands: the schema may be the one that a restore is to take back.
    if not os.environ.get("DATABASE_URL"):
        embedded.start()


def _path(file: str) -> Path:
    path = Path(file) if Path(file).exists() else store.folder() / file
    if not path.is_file():
        raise UsageError(f"There is no backup {file}: etl.py backup list shows those of {store.folder()}.")
    return path


def _ask(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nothing was touched. To restore without being asked, add --yes.")
    click.confirm("Restore?", abort=True)


def _tell(path: Path, done: Restored) -> None:
    click.echo(f"The warehouse is as in {path.name}; {done.carried} newer audit records were kept.")
    for sentence in done.kept.sentences():
        click.echo(sentence)
    if done.restore_point:
        click.echo(f"To take this back: python etl.py backup restore {done.restore_point.name}")
    if done.created_roles:
        click.echo(f"Created without a password, so that they cannot log in yet: {', '.join(done.created_roles)}.")
    if done.broken_chain:
        show.error(f"The audit log does not verify: {done.broken_chain}")


def _described(one: store.Stored) -> dict[str, Any]:
    manifest = one.sealed.manifest if one.sealed else {}
    return {
        "file": one.path.name,
        "created": f"{one.created:%Y-%m-%d %H:%M:%S}",
        "bytes": one.size,
        "reason": manifest.get("reason"),
        "build": (manifest.get("live_build") or [None])[0],
        "schema": manifest.get("revision"),
        "audit_head": manifest.get("audit_head"),
        "sha256": manifest.get("sha256"),
        "problem": one.problem,
    }


def _record(action: str, resource: str | None, details: dict[str, Any]) -> None:
    key = load_secrets().audit_key.encode()
    audit_chain.record(key, Entry(f"command line: {who()}", action, "backup", resource, details=details))
