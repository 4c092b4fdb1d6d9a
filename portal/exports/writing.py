"""A document as a file: written in any format, its rows counted as they pass."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from portal.exports.csv import csv_chunks
from portal.exports.document import Document, Format
from portal.exports.file_names import safe_name
from portal.exports.pdf import pdf_bytes
from portal.exports.xlsx import write_xlsx

_STEP = 1_000  # rows between two words about the progress


@dataclass(frozen=True)
class Written:
    """What a file turned out to be."""

    name: str
    rows: int
    size: int
    sha256: str


class Counted:
    """Rows that are counted as they pass; ``tell`` hears of every thousandth."""

    def __init__(self, rows: Iterable[Any], tell: Callable[[int], None] | None = None) -> None:
        self._rows = rows
        self._tell = tell
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            if self._tell and self.count % _STEP == 0:
                self._tell(self.count)
            yield row


def write(document: Document, format: Format, file: IO[bytes], tell: Callable[[int], None] | None = None) -> Written:
    """Write ``document`` to ``file``, which can be read and is empty, and say what came of it.

    Args:
        document: its rows are read once.
        format: of the file.
        file: left at its end.
        tell: hears from time to time how many rows are written.

    Raises:
        PdfError: if a PDF could not be laid out; nothing is written.
    """
    rows = Counted(document.rows, tell)
    counted = replace(document, rows=rows)
    if format == "csv":
        for chunk in csv_chunks(counted):
            file.write(chunk)
    elif format == "xlsx":
        write_xlsx(counted, file)
    else:
        file.write(pdf_bytes(counted))
    size = file.tell()
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return Written(file_name(document, format), rows.count or _told(document), size, sha256)


def file_name(document: Document, format: Format | str) -> str:
    """Return what the file is called."""
    return f"daybook-{safe_name(document.name)}-b{document.stamp.build_id}.{format}"


def has_patients(document: Document) -> bool:
    """Return whether the rows are of single patients, whichever of their columns were chosen."""
    columns = [*document.columns, *(column for section in document.sections for column in section.columns)]
    return document.was_of_patients or any(column.leads_to_a_patient for column in columns)


def _told(document: Document) -> int:
    return document.total if document.sections else 0
