"""The process that reads the tables of one PDF: PDF on standard input, rows of cells as JSON on standard output.

It runs apart, with limits of its own, so that a file that is made to be too much ends this process and not the portal. It runs
nothing that the file brings along.
"""

from __future__ import annotations

import io
import json
import logging
import re
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdfplumber.page import Page

MOST_PAGES = 20
_MOST_CELLS = 20_000
_MEMORY = 1_000 * 1024 * 1024
_CPU_SECONDS = 20
TOO_LONG, PROTECTED, NO_TEXT, DAMAGED = 3, 4, 5, 6
_GAP = re.compile(r"\s{2,}")


def main() -> int:
    """Read the file and return the exit code."""
    for kind, most in ((resource.RLIMIT_CPU, _CPU_SECONDS), (resource.RLIMIT_AS, _MEMORY)):
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue  # macOS refuses a limit of the address space: the limits of time remain
    logging.disable(logging.CRITICAL)
    import pdfplumber  # after the limits
    from pdfminer.pdfdocument import PDFPasswordIncorrect

    try:
        with pdfplumber.open(io.BytesIO(sys.stdin.buffer.read())) as document:
            if len(document.pages) > MOST_PAGES:
                return TOO_LONG
            rows = [row for page in document.pages for row in _rows(page)]
    except Exception as error:  # noqa: BLE001  a damaged file fails in as many ways as there are parts in it
        locked = isinstance(error, PDFPasswordIncorrect) or "Password" in repr(error)
        return PROTECTED if locked else DAMAGED
    if not rows:
        return NO_TEXT
    if sum(len(row) for row in rows) > _MOST_CELLS:
        return TOO_LONG
    json.dump(rows, sys.stdout)
    return 0


def _rows(page: Page) -> list[list[str]]:
    """Return the cells of a page: of its ruled tables, else of its lines, cut where there is a gap."""
    tables = [row for table in page.extract_tables() for row in [*table, []]]
    if any(cell for row in tables for cell in row):
        return [[" ".join((cell or "").split()) for cell in row] for row in tables]
    lines = (page.extract_text(layout=True) or "").splitlines()
    return [_GAP.split(line.strip()) for line in lines if line.strip()]


if __name__ == "__main__":
    raise SystemExit(main())
