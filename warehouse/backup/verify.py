"""Proving that a backup can be restored: by restoring it, comparing it, and dropping the copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from warehouse import migrate
from warehouse.backup import scratch as scratches
from warehouse.backup.errors import ForeignBackupError
from warehouse.backup.sealed import Sealed, check, open_sealed
from warehouse.settings import load_backup_keys


@dataclass(frozen=True)
class Verified:
    """What was restored and compared: numbers of tables and rows."""

    tables: int
    rows: int


def open_whole(path: Path) -> Sealed:
    """Return a backup whose every byte is as it was written, and that this version can read.

    Raises:
        ForeignBackupError: if it is another installation's, another program's, or a newer Daybook's.
        DamagedBackupError: if it was changed or cut off.
    """
    sealed = open_sealed(path, load_backup_keys())
    if not migrate.knows(sealed.manifest["revision"]):
        raise ForeignBackupError(
            f"{path.name} was made by a newer Daybook (schema {sealed.manifest['revision']}): restore it with that version."
        )
    check(sealed)
    return sealed


def verify(path: Path) -> Verified:
    """Restore a backup into a scratch database, compare rows and checksums of every table, and drop it.

    Raises:
        BackupError: if it is no good, or cannot be restored on this server.
    """
    sealed = open_whole(path)
    with scratches.administration() as admin, scratches.scratch(admin) as place:
        scratches.fill(place, sealed)
    counts = [rows for rows, _ in sealed.manifest["tables"].values()]
    return Verified(len(counts), sum(counts))
