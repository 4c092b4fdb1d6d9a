"""The folder of backups: new files that appear whole or not at all, and the files that are there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from warehouse.backup.errors import BackupError
from warehouse.backup.sealed import Sealed, open_sealed
from warehouse.settings import home

_SUFFIX, _PARTIAL = ".backup", ".partial"
_NAME = re.compile(r"daybook-(\d{8}T\d{6}Z)-[a-z-]+(-\d+)?\.backup")


@dataclass(frozen=True)
class Stored:
    """A file of the folder: ``sealed`` is None if it is no good, and ``problem`` then says why."""

    path: Path
    created: datetime
    size: int
    sealed: Sealed | None
    problem: str | None = None


def folder() -> Path:
    """Return where backups are kept: ``DAYBOOK_BACKUPS``, else ``backups`` in the state folder."""
    return Path(os.environ.get("DAYBOOK_BACKUPS") or home() / "backups").absolute()


@contextmanager
def new_file(created: datetime, reason: str) -> Iterator[tuple[BinaryIO, Path]]:
    """Yield a file to write and the path it will have. It gets that name when it is complete and on the disk.

    Raises:
        BackupError: if the folder cannot be written or its disk is full. Nothing of the file stays.
    """
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _free_name(place, f"daybook-{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{reason}")
        partial = path.with_suffix(f".{os.getpid()}{_PARTIAL}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file, path
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
            _sync_folder(place)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(
            f"The backup could not be written to {place}: {error.strerror or error}. Older backups are whole;"
            " free space there, or set DAYBOOK_BACKUPS to a folder that this user may write."
        ) from error


def stored(keys: Sequence[bytes]) -> list[Stored]:
    """Return the files of the folder, oldest first; their manifests are read, the dumps are not."""
    found = []
    for path in folder().glob(f"*{_SUFFIX}"):
        if match := _NAME.fullmatch(path.name):
            created = datetime.strptime(match[1], "%Y%m%dT%H%M%S%z")
            try:
                found.append(Stored(path, created, path.stat().st_size, open_sealed(path, keys)))
            except (BackupError, OSError) as error:
                found.append(Stored(path, created, 0, None, str(error)))
    return sorted(found, key=lambda one: (one.created, one.path.name))


def leftovers() -> list[Path]:
    """Return what backups that were killed left: partial files of processes that are gone."""
    return [path for path in folder().glob(f"*{_PARTIAL}") if not _is_alive(path)]


def _is_alive(path: Path) -> bool:
    try:
        os.kill(int(path.name.removesuffix(_PARTIAL).rsplit(".", 1)[-1]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _free_name(place: Path, stem: str) -> Path:
    number, path = 1, place / f"{stem}{_SUFFIX}"
    while path.exists():
        number += 1
        path = place / f"{stem}-{number}{_SUFFIX}"
    return path


def _sync_folder(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
