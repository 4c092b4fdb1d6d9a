"""A delimited text file, read record by record with exact line numbers.

Python's csv reader in strict mode does the splitting: whole blocks at once where every line is a record; else line by
line, so that a record that cannot be split (a quote that is never closed swallows everything after it) costs only its
first line: the others are given back and read anew.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import methodcaller
from pathlib import Path
from typing import TextIO

from pipeline.errors import SourceError
from pipeline.sources import signature
from pipeline.sources.base import UnreadableRow
from pipeline.sources.batch import CHUNK_ROWS, NUL_REASON, Batch, Values, one_line, without_gc
from pipeline.sources.encodings import DAMAGED, damaged_error, encoding_error, mark_error
from pipeline.sources.textformat import TextFormat

_LONGEST_FIRST_LINE = 1_000_000
# Many columns or long texts make smaller blocks, so that memory stays bounded.
_BLOCK_CHARACTERS = 16_000_000
_LINES_AT_ONCE = 1_000


class _Feed:
    """Hands lines to the csv reader, remembers those of the record in progress, and takes them back.

    Attributes:
        pending: lines to hand out before those of the file, last one first.
        record: lines of the record in progress.
        has_nul: whether one of them has a NUL byte.
    """

    def __init__(self, file: TextIO, first: Sequence[str] = ()) -> None:
        self._file = file
        self.pending = list(reversed(first))
        self.record: list[str] = []
        self.has_nul = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.pending.pop() if self.pending else next(self._file)
        self.record.append(line)
        if "\0" in line:
            self.has_nul = True
        return line

    def start_record(self) -> int:
        """Begin the next record; return the number of lines of the one before."""
        lines = len(self.record)
        self.record.clear()
        self.has_nul = False
        return lines

    def give_back_all_but_first(self) -> None:
        """Begin the next record on the second line of the one before."""
        self.pending.extend(reversed(self.record[1:]))
        self.start_record()


_Records = tuple[list[Sequence[str]], Sequence[int], list[UnreadableRow]]


class CsvFile:
    """One ``.csv`` or ``.csv.gz`` file of a folder; its header is read when it is opened."""

    def __init__(self, path: Path, label: str, text: TextFormat) -> None:
        """Read the header.

        Raises:
            SourceError: if there is no readable header, or a name stands in it twice.
        """
        self._path = path
        self._text = text
        self.label = label
        self.signature = signature.sign(path, label)
        self._header = self._read_header()
        self.columns = tuple(name for name in self._header if name)

    def read(self, columns: Sequence[str]) -> Iterator[Batch]:
        """Read the named columns in batches; see ``Relation.read``."""
        positions = [self._header.index(name) for name in columns]
        with self._open() as file:
            _, line = self._first_record(file)
            for found, lines, unreadable in self._records(file, line, positions):
                values = _with_nulls(found, self._text.null_values)
                yield Batch(dict(zip(columns, values, strict=True)), self.label, lines, tuple(unreadable))
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Raise ``SourceError`` if the file is not what it was when it was opened."""
        signature.check(self._path, self.label, self.signature)

    def _records(self, file: TextIO, line: int, positions: list[int]) -> Iterator[_Records]:
        """Split the rest of the file, block by block: most blocks are plain and split at once, the others line by line."""
        while block := _next_lines(file):
            with without_gc():
                found = self._plain(block, positions)
            if found is not None:
                yield found, range(line, line + len(block)), []
                line += len(block)
            else:
                rows, lines, bad, line = self._careful(_Feed(file, block), line)
                yield _columns(rows, positions), lines, bad

    def _plain(self, block: list[str], positions: list[int]) -> list[Sequence[str]] | None:
        """Return the columns of a block in which every line is a record of the right width, else None."""
        text, separator, width = "".join(block), self._text.separator, len(self._header)
        if "\0" in text:
            return None
        has_quotes = bool(self._text.quote) and self._text.quote in text
        if not has_quotes and width > 1 and max(map(len, block)) < csv.field_size_limit():
            # Without quotes every separator separates: two calls split the whole block.
            if set(map(methodcaller("count", separator), block)) != {width - 1}:
                return None
            text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
            fields = text.replace("\n", separator).split(separator)
            return [fields[position::width] for position in positions]
        try:
            rows = list(self._reader(block))
        except csv.Error:
            return None
        is_plain = len(rows) == len(block) and set(map(len, rows)) == {width}
        return _columns(rows, positions) if is_plain else None

    def _careful(self, feed: _Feed, line: int) -> tuple[list[list[str]], list[int], list[UnreadableRow], int]:
        """Split the feed's pending lines, and those after them that belong to the last record; return the next line, too."""
        reader, width = self._reader(feed), len(self._header)
        rows: list[list[str]] = []
        lines: list[int] = []
        bad: list[UnreadableRow] = []
        while feed.pending:
            try:
                row = next(reader)
            except csv.Error as error:
                bad.append(UnreadableRow(line, _reason(error)))
                feed.give_back_all_but_first()
                line += 1
                continue
            if len(row) == width and not feed.has_nul:
                rows.append(row)
                lines.append(line)
            elif row:
                bad.append(UnreadableRow(line, NUL_REASON if feed.has_nul else _wrong_width(row, width)))
                if len(feed.record) > 1:  # most likely an unclosed quote that swallowed good rows
                    feed.give_back_all_but_first()
                    line += 1
                    continue
            line += feed.start_record()
        return rows, lines, bad, line

    def _first_record(self, file: TextIO) -> tuple[list[str], int]:
        """Return the first record that is no blank line, and the number of the line after it."""
        feed, line = _Feed(file), 1
        try:
            for row in self._reader(feed):
                has_nul = feed.has_nul
                line += feed.start_record()
                if has_nul:
                    raise SourceError(
                        f"File {self.label} has NUL bytes in its header: it is not text, or it is in UTF-16 "
                        "(then put `encoding: utf-16` in the mapping)."
                    )
                if row:
                    return row, line
        except csv.Error:
            raise SourceError(
                f"File {self.label} has no readable header: a quote in line {line} is never closed, or not doubled inside a name."
            ) from None
        raise SourceError(f"File {self.label} is empty: it needs at least a header line with the column names.")

    def _read_header(self) -> list[str]:
        with self._open() as file:
            header = [name.strip("\ufeff \t") for name in self._first_record(file)[0]]
        for position, name in enumerate(header):
            if name and name in header[:position]:
                raise SourceError(
                    f"File {self.label} has the column `{one_line(name)}` twice in its header; rename or remove one of them."
                )
        return header

    def _reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        quote = self._text.quote or None
        if quote is None:
            return csv.reader(
                lines, delimiter=self._text.separator, quotechar=None, quoting=csv.QUOTE_NONE, strict=True
            )
        return csv.reader(lines, delimiter=self._text.separator, quotechar=quote, strict=True)

    @contextmanager
    def _open(self) -> Iterator[TextIO]:
        self.check_unchanged()
        try:
            with self._path.open("rb") as raw:
                mark_error(self.label, raw, self._text.encoding)
                data = gzip.GzipFile(fileobj=raw) if self.label.lower().endswith(".gz") else raw
                with io.TextIOWrapper(data, encoding=self._text.encoding, errors="strict", newline="") as file:
                    if len(file.readline(_LONGEST_FIRST_LINE)) >= _LONGEST_FIRST_LINE:
                        raise SourceError(
                            f"File {self.label} has a first line of over a million characters: it is no delimited text."
                        )
                    file.seek(0)
                    yield file
        except UnicodeError:
            raise encoding_error(self._path, self.label, self._text.encoding) from None
        except DAMAGED as error:
            raise damaged_error(self.label, error) from None
        except OSError as error:
            raise SourceError(f"File {self.label} cannot be read: {error.strerror or error}.") from None


def _next_lines(file: TextIO) -> list[str]:
    lines: list[str] = []
    size = 0
    while len(lines) < CHUNK_ROWS and size < _BLOCK_CHARACTERS:
        part = list(islice(file, _LINES_AT_ONCE))
        lines += part
        size += sum(map(len, part))
        if len(part) < _LINES_AT_ONCE:
            break
    return lines


def _columns(rows: list[list[str]], positions: list[int]) -> list[Sequence[str]]:
    if not rows:
        return [[] for _ in positions]
    transposed = list(zip(*rows, strict=True))
    return [transposed[position] for position in positions]


def _with_nulls(columns: list[Sequence[str]], nulls: frozenset[str]) -> list[Values]:
    if nulls == {""}:
        return [[value or None for value in values] if "" in values else list(values) for values in columns]
    return [[None if value in nulls else value for value in values] for values in columns]


def _wrong_width(row: list[str], width: int) -> str:
    return f"has {len(row)} fields where the header has {width}"


def _reason(error: csv.Error) -> str:
    # Never the text itself: what cannot be split may hold a name.
    if "field larger" in str(error):
        return "has a field of over 131,072 characters, or a quote that is never closed"
    return "has a quote that is never closed, or a quote inside a quoted field that is not doubled"
