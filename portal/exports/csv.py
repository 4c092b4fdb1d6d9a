"""CSV at constant memory: RFC 4180, UTF-8, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from portal.analytics.money import hundredths, plain, unrounded
from portal.exports.document import Cell, Column, Document

_CHUNK_ROWS = 500
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four: full-width, which some spreadsheets fold
_NEGATIVE = re.compile(r"-\d+(\.\d+)?")


def csv_chunks(document: Document) -> Iterator[bytes]:
    """Yield the file piece by piece: a header line, then a line for each row."""
    names = [column.name for column in document.columns]
    return _chunks(names, ([_cell(each, row, document.currency) for each in document.columns] for row in document.rows))


def list_chunks(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield a plain list as a file, piece by piece: what is no report of figures. None is an empty cell."""
    return _chunks(header, (["" if cell is None else safe_text(str(cell)) for cell in row] for row in rows))


def _chunks(header: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for number, line in enumerate(lines, start=1):
        writer.writerow(line)
        if number % _CHUNK_ROWS == 0:
            yield _take(buffer)
    yield _take(buffer)


def safe_text(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula; plain negative numbers stay as they are."""
    if text.lstrip(" ").startswith(_FORMULA) and not _NEGATIVE.fullmatch(text):
        return f"'{text}"
    return text


def _cell(column: Column, row: object, currency: str) -> str:
    value: Cell = column.value(row)
    if value is None:
        return ""
    if isinstance(value, Decimal) and column.kind == "exact":
        return f"{unrounded(value, currency):f}"
    if isinstance(value, Decimal):
        return hundredths(value) if column.kind == "rate" else plain(value, currency)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else safe_text(value)


def _take(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")
