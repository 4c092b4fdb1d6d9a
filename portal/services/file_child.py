"""The process that reads one file that somebody brought: the file on standard input, rows of cells as JSON on standard output.

It runs apart, with limits of its own, so that a file that is made to be too much ends this process and not the portal. It runs
nothing that the file brings along. Started with ``pdf`` or ``xlsx`` and, for a sheet, how many rows and columns are read at most.
"""

from __future__ import annotations

import io
import json
import logging
import re
import resource
import sys
from collections.abc import Callable
from datetime import date, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdfplumber.page import Page

MOST_PAGES = 20
_MOST_CELLS = 20_000
_MEMORY = {"pdf": 1_000 * 1024 * 1024, "xlsx": 500 * 1024 * 1024}
_CPU_SECONDS = 20
_LONGEST = 2_000  # letters of a cell
TOO_LONG, PROTECTED, NO_TEXT, DAMAGED = 3, 4, 5, 6
_GAP = re.compile(r"\s{2,}")


def main(kind: str, *most: str) -> int:
    """Read the file and return the exit code."""
    for limit, value in ((resource.RLIMIT_CPU, _CPU_SECONDS), (resource.RLIMIT_AS, _MEMORY[kind])):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):
            continue  # macOS refuses a limit of the address space: the limits of time remain
    logging.disable(logging.CRITICAL)
    try:
        return _READERS[kind](io.BytesIO(sys.stdin.buffer.read()), *map(int, most))
    except MemoryError:
        return TOO_LONG
    except Exception as error:  # noqa: BLE001  a damaged file fails in as many ways as there are parts in it
        return PROTECTED if "Password" in repr(error) else DAMAGED


def _pdf(file: io.BytesIO) -> int:
    import pdfplumber  # after the limits

    with pdfplumber.open(file) as document:
        if len(document.pages) > MOST_PAGES:
            return TOO_LONG
        rows = [row for page in document.pages for row in _rows(page)]
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


def _sheet(file: io.BytesIO, most_rows: int, most_columns: int) -> int:
    """Write the rows of the first sheet, each as it is read: cells are text or dates, never formulas."""
    from openpyxl import load_workbook  # type: ignore[import-untyped]  # after the limits

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a file says of its own size is not believed
    rows = islice(sheet.iter_rows(max_col=most_columns, values_only=True), most_rows)
    json.dump([[_text(cell)[:_LONGEST] for cell in row] for row in rows], sys.stdout)
    return 0


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return f"{cell.hour}:{cell.minute:02}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


_READERS: dict[str, Callable[..., int]] = {"pdf": _pdf, "xlsx": _sheet}

if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
