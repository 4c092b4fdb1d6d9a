"""Files that somebody brought, read in a process of their own: one at a time for each process of the portal.

A file that is made to be too much costs its reader that file, and the portal neither its memory nor its time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from portal.services import file_child

_CHILD = Path(file_child.__file__)
_SECONDS = 40
_one_at_a_time = threading.Lock()


class UnreadableFileError(Exception):
    """The file was not read; ``reason`` is one of the child's exit codes (``file_child``)."""

    def __init__(self, reason: int) -> None:
        super().__init__(f"The file was not read: {reason}.")
        self.reason = reason


def read_apart(kind: str, content: bytes, *most: int) -> list[list[str]]:
    """Return the rows of a PDF or XLSX as cells of text.

    Args:
        kind: ``pdf`` or ``xlsx``.
        content: the file.
        most: for a sheet, how many rows and columns are read at most.

    Raises:
        UnreadableFileError: if it cannot be read within the limits.
    """
    try:
        with _one_at_a_time:
            # Isolated: nothing of the project or the folder is importable in the child, nor is the environment read.
            child = subprocess.run(
                [sys.executable, "-I", str(_CHILD), kind, *map(str, most)], input=content, capture_output=True,
                timeout=_SECONDS, check=False, env={"LC_ALL": "C.UTF-8"},
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UnreadableFileError(file_child.TOO_LONG) from None
    if child.returncode:  # below zero: ended by a limit
        raise UnreadableFileError(file_child.TOO_LONG if child.returncode < 0 else child.returncode)
    rows: list[list[str]] = json.loads(child.stdout)
    return rows
