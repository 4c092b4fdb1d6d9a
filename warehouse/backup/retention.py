"""Which backups stay: all of the last days, and of the months before the newest one each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from warehouse.backup import store
from warehouse.backup.errors import BackupError
from warehouse.backup.store import Stored
from warehouse.settings import load_backup_keys, whole_number

_KEEP_DAYS = 30


@dataclass(frozen=True)
class Pruned:
    """What was deleted, and what was left alone because it could not be read."""

    deleted: list[Path]
    unreadable: list[Path]


def expendable(files: Sequence[Stored], now: datetime, keep_days: int, keep_months: int | None) -> list[Stored]:
    """Return the files that may go.

    Args:
        files: good backups, in any order.
        now: the instant, with time zone.
        keep_days: every backup stays for as many days.
        keep_months: then the newest one of each calendar month stays for as many months; None: for ever.
    """
    newest = {f"{one.created:%Y-%m}": one for one in sorted(files, key=lambda one: (one.created, one.path.name))}
    kept = set(sorted(newest, reverse=True)[:keep_months])
    border = now - timedelta(days=keep_days)
    return [
        one
        for one in files
        if one.created < border and not (newest[f"{one.created:%Y-%m}"] is one and f"{one.created:%Y-%m}" in kept)
    ]


def prune(now: datetime) -> Pruned:
    """Delete the backups that may go, and what killed backups left. A file that cannot be read stays, and counts for nothing.

    Raises:
        SettingsError: if ``DAYBOOK_BACKUP_DAYS`` or ``DAYBOOK_BACKUP_MONTHS`` is no number.
        BackupError: if a file cannot be deleted.
    """
    days = whole_number("DAYBOOK_BACKUP_DAYS", _KEEP_DAYS, at_least=1)
    months = whole_number("DAYBOOK_BACKUP_MONTHS", None, at_least=1)
    files = store.stored(load_backup_keys())
    gone = [one.path for one in expendable([one for one in files if one.sealed], now, days or 1, months)]
    try:
        for path in [*gone, *store.leftovers()]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"An old backup cannot be deleted: {error.filename}: {error.strerror}.") from error
    return Pruned(gone, [one.path for one in files if one.sealed is None])
