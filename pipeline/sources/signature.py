"""What a file was when the source was opened, to notice that it changed meanwhile."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError


@dataclass(frozen=True)
class Signature:
    """Size, time of change and identity of a file: one that is written, replaced or cut has another."""

    size: int
    modified_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        """Return the signature for a ``stat`` result."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def sign(path: Path, label: str) -> Signature:
    """Return the signature of the file at ``path``.

    Raises:
        SourceError: if it cannot be looked at.
    """
    try:
        return Signature.of(path.stat())
    except OSError as error:
        raise SourceError(f"File {label} cannot be read: {error.strerror or error}.") from error


def check(path: Path, label: str, before: Signature) -> None:
    """Raise ``SourceError`` if the file at ``path`` is not the one signed ``before``."""
    try:
        now = Signature.of(path.stat())
    except OSError:
        raise SourceError(f"File {label} disappeared while it was being read; run again when it is back.") from None
    if now != before:
        sizes = f" (size {before.size} then, {now.size} bytes now)" if now.size != before.size else ""
        raise SourceError(
            f"File {label} changed while it was being read{sizes}; run again when whatever writes it has finished."
        )
