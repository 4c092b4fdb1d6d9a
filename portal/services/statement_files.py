"""Files with a compensation statement, as rows of cells: CSV, the first sheet of an XLSX, or the tables of a PDF.

PDFs are read by a child process. Nothing of a file is kept: what a person confirms is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

from portal.services import statement_child
from portal.services.case_files import CaseFileError, read_cells

FileKind = Literal["csv", "xlsx", "pdf"]
_SECONDS = 40
_CHILD = Path(statement_child.__file__)
_TYPE_IT = "type the amounts instead"
_REASONS = {
    statement_child.TOO_LONG: f"The PDF has more than {statement_child.MOST_PAGES} pages or is too full for a statement: upload"
    f" the pages with the statement, or {_TYPE_IT}.",
    statement_child.PROTECTED: f"The PDF is protected by a password: save it without, or {_TYPE_IT}.",
    statement_child.NO_TEXT: f"The PDF has no text, as if it was scanned: {_TYPE_IT}.",
}


def kind_of(content: bytes) -> FileKind:
    """Return what a file is, by its first bytes."""
    if content.lstrip()[:5] == b"%PDF-":
        return "pdf"
    return "xlsx" if content.startswith(b"PK") else "csv"


def read_rows(content: bytes) -> list[tuple[str, ...]]:
    """Return the rows of all tables of a file.

    Raises:
        CaseFileError: if it cannot be read within the limits; the message says why and what to do.
    """
    if not content:
        raise CaseFileError("The file is empty: choose another one.")
    rows = _pdf_rows(content) if kind_of(content) == "pdf" else read_cells(content)
    if not any(cell for row in rows for cell in row):
        raise CaseFileError(f"There is nothing in the file: choose another one, or {_TYPE_IT}.")
    return rows


def _pdf_rows(content: bytes) -> list[tuple[str, ...]]:
    try:
        # Isolated: nothing of the project or the folder is importable in the child, nor is the environment read.
        child = subprocess.run(
            [sys.executable, "-I", str(_CHILD)], input=content, capture_output=True, timeout=_SECONDS, check=False,
            env={"LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CaseFileError(_REASONS[statement_child.TOO_LONG]) from None
    if child.returncode < 0:  # ended by a limit
        raise CaseFileError(_REASONS[statement_child.TOO_LONG])
    if child.returncode:
        damaged = f"The PDF cannot be read: save it again, or {_TYPE_IT}."
        raise CaseFileError(_REASONS.get(child.returncode, damaged))
    return [tuple(row) for row in json.loads(child.stdout)]
