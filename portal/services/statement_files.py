"""Files with a compensation statement, as rows of cells: CSV, the first sheet of an XLSX, or the tables of a PDF.

Nothing of a file is kept: what a person confirms is.
"""

from __future__ import annotations

from typing import Literal

from portal.services import file_child
from portal.services.case_files import CaseFileError, read_cells
from portal.services.file_reading import UnreadableFileError, read_apart

FileKind = Literal["csv", "xlsx", "pdf"]
_TYPE_IT = "type the amounts instead"
_REASONS = {
    file_child.TOO_LONG: f"The PDF has more than {file_child.MOST_PAGES} pages or is too full for a statement: upload"
    f" the pages with the statement, or {_TYPE_IT}.",
    file_child.PROTECTED: f"The PDF is protected by a password: save it without, or {_TYPE_IT}.",
    file_child.NO_TEXT: f"The PDF has no text, as if it was scanned: {_TYPE_IT}.",
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
        return [tuple(row) for row in read_apart("pdf", content)]
    except UnreadableFileError as error:
        damaged = f"The PDF cannot be read: save it again, or {_TYPE_IT}."
        raise CaseFileError(_REASONS.get(error.reason, damaged)) from None
