"""Case logs as files: CSV in any usual encoding and separator, or the first sheet of an XLSX, as rows of text.

Nothing in a file is believed: sizes are checked before anything is unpacked, and cells are text or dates, never formulas.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from portal.services import file_child
from portal.services.file_reading import UnreadableFileError, read_apart

MOST_ROWS = 20_000
_MOST_COLUMNS = 60
_MOST_TEXT = 2_000
_MOST_UNPACKED = 60 * 1024 * 1024
_MOST_PARTS = 500
_HEAD = 2_048  # bytes of a part in which a declaration would stand
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_LINES = 20
_DAMAGED = "The XLSX file is damaged or protected: save it again, or as CSV."
_TOO_LARGE = "The XLSX file is too large once unpacked: save the sheet with the log by itself."


class CaseFileError(Exception):
    """The file cannot be read; the message says why and what to do. Answered with 400."""


@dataclass(frozen=True)
class CaseFile:
    """A file as it was read: its headings, and each row that is not blank with its number, the first line being 1."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_case_file(content: bytes) -> CaseFile:
    """Return what is in a CSV or XLSX file.

    Raises:
        CaseFileError: if it is neither, is damaged, has no rows, or is too large.
    """
    if not content:
        raise CaseFileError("The file is empty: choose another one.")
    lines = _sheet(content) if content.startswith(b"PK") else _text_lines(content)
    numbered = [(number, line) for number, line in lines if any(line)]
    if not numbered:
        raise CaseFileError("There is nothing in the file: it needs a line of headings and a line for each case.")
    _, headings = numbered[0]
    if len(numbered) == 1:
        raise CaseFileError("The file has headings and no rows: add a line for each case.")
    if len(numbered) - 1 > MOST_ROWS:
        raise CaseFileError(f"The file has more than {MOST_ROWS:,} rows: upload it in parts.")
    return CaseFile(_named(headings), tuple((number, line) for number, line in numbered[1:]))


def read_cells(content: bytes) -> list[tuple[str, ...]]:
    """Return every row of a CSV or XLSX file as it stands, blank ones too: what has no line of headings is read so.

    Raises:
        CaseFileError: if it is neither, is damaged, or is too large.
    """
    lines = _sheet(content) if content.startswith(b"PK") else _text_lines(content)
    return [line for _, line in lines]


def _named(headings: Sequence[str]) -> tuple[str, ...]:
    """Give every column a name of its own: empty and repeated headings get their place."""
    found: list[str] = []
    for place, heading in enumerate(headings, start=1):
        name = heading[:80] or f"Column {place}"
        found.append(f"{name} ({place})" if name in found else name)
    return tuple(found)


def _text_lines(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    text = _decoded(content)
    if "\x00" in text:
        raise CaseFileError("That is no CSV or XLSX file: save the log as one of these.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        for line in islice(reader, MOST_ROWS + 2):
            yield reader.line_num, _cells(line)
    except csv.Error:
        raise CaseFileError(f"Line {reader.line_num} cannot be read: check its quotation marks.") from None


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")  # what spreadsheets write where it is not UTF-8
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CaseFileError("The file's letters cannot be read: save it as CSV in UTF-8, or as XLSX.")


def _separator(text: str) -> str:
    """Return the separator that cuts the first lines into the most columns, of one number."""
    lines = [line for line in islice(io.StringIO(text), _SAMPLE_LINES) if line.strip()]

    def columns(separator: str) -> tuple[int, int]:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        except csv.Error:
            return (0, 0)
        usual = counts[0] if counts else 1
        return (sum(1 for count in counts if count == usual) if usual > 1 else 0, usual)

    return max(_SEPARATORS, key=columns)


def _sheet(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    _check_archive(content)
    try:
        rows = read_apart("xlsx", content, MOST_ROWS + 2, _MOST_COLUMNS)
    except UnreadableFileError as error:
        raise CaseFileError(_TOO_LARGE if error.reason == file_child.TOO_LONG else _DAMAGED) from None
    for number, row in enumerate(rows, start=1):
        yield number, _cells(row)


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise CaseFileError(_TOO_LARGE)
            # A workbook declares no entities: what does is made to unfold without end.
            if any(b"<!DOCTYPE" in archive.open(part).read(_HEAD) for part in parts):
                raise CaseFileError(_DAMAGED)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, zlib.error):
        raise CaseFileError(_DAMAGED) from None


def _cells(line: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip()[:_MOST_TEXT] for cell in line[:_MOST_COLUMNS])
