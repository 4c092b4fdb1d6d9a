"""``etl.py audit verify`` and ``purge``: proving what is on record, and letting go of what is past its time."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import click
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pipeline import show
from pipeline.commands.common import guarded, prepare_warehouse, who
from pipeline.errors import DaybookError, UsageError
from pipeline.lock import run_lock
from warehouse import audit_check, retention
from warehouse.audit_check import BrokenChainError, Head
from warehouse.backup import store
from warehouse.engine import url_for
from warehouse.settings import load_backup_keys, load_secrets

_HEAD = re.compile(r"([1-9]\d*):([0-9a-f]{8,64})", re.ASCII)


@click.group()
def audit() -> None:
    """Prove the audit log."""


@audit.command()
@click.option(
    "--head", "noted", multiple=True, metavar="NUMBER:HASH", help="Newest record as an alert or a person noted it."
)
@guarded
def verify(noted: tuple[str, ...]) -> None:
    """Find records that were changed, removed, put in or cut off, and say which. Exits with 1 if there are any."""
    heads = [_head(text) for text in noted] + _noted_by_backups()
    prepare_warehouse()
    keys = [key.encode() for key in load_secrets().audit_keys]
    with create_engine(url_for("owner"), poolclass=NullPool, hide_parameters=True).connect() as connection:
        report = audit_check.check(connection, keys, heads + audit_check.noted_by_runs(connection))
    for problem in report.problems:
        show.error(problem)
    if report.problems:
        sys.exit(1)
    purged = f" (records up to {report.purged_through} were purged)" if report.purged_through else ""
    click.echo(
        f"The audit log is whole: {report.records:,} records{purged}, compared with {report.heads} heads noted elsewhere."
    )
    if report.records:
        click.echo(f"Head: {report.last}:{report.head}")


@click.command()
@click.option("--dry-run", is_flag=True, help="Show how much would go; delete nothing.")
@guarded
def purge(dry_run: bool) -> None:
    """Delete records past their time (DAYBOOK_…_DAYS): of audit, exports, reveals, mails, case logs, the status of runs."""
    retention.periods()
    prepare_warehouse()
    with run_lock():
        try:
            done = retention.purge(datetime.now(UTC), f"command line: {who()}", load_secrets(), dry_run=dry_run)
        except BrokenChainError as error:
            raise DaybookError(f"The audit log does not verify: {error}") from error
    for one in done:
        border = f"before {one.border:%Y-%m-%d %H:%M} UTC" if one.border else "stay for ever"
        click.echo(f"{one.kind}: {one.rows:,} ({border})")
    click.echo("Nothing was deleted." if dry_run else "Recorded in the audit log.")


def _head(text: str) -> Head:
    match = _HEAD.fullmatch(text)
    if not match:
        raise UsageError(f"--head {text!r} is no head: write it as etl.py audit verify prints it, NUMBER:HASH.")
    return Head(int(match[1]), match[2], "--head")


def _noted_by_backups() -> list[Head]:
    found = [
        (one.path.name, one.sealed.manifest["audit_head"]) for one in store.stored(load_backup_keys()) if one.sealed
    ]
    return [Head(head[0], head[1], f"backup {name}") for name, head in found if head]
