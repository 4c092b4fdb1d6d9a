"""What flows between the steps of reading: stretches of text columns, and whatever they can be read from."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.sources.base import UnreadableRow

CHUNK_ROWS = 50_000
NUL_REASON = "contains a NUL byte"

Values = list[str | None]


@dataclass(frozen=True)
class Batch:
    """Some rows as text, column by column; the same shape for files, Parquet and databases.

    Attributes:
        columns: name in the source → its values; all of the length of ``lines``.
        file: file or table that they come from.
        lines: 1-based line (or ordinal) of each row.
        unreadable: rows of this stretch that could not be split into columns.
    """

    columns: dict[str, Values]
    file: str
    lines: Sequence[int]
    unreadable: tuple[UnreadableRow, ...] = field(default=())

    def take(self, keep: Sequence[int]) -> Batch:
        """Return the rows at the positions ``keep`` (and all unreadable ones)."""
        columns = {name: [values[i] for i in keep] for name, values in self.columns.items()}
        return Batch(columns, self.file, [self.lines[i] for i in keep], self.unreadable)


class Relation(Protocol):
    """One file or database table that can be read as text."""

    @property
    def label(self) -> str:
        """File name relative to the source, or table name."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column names."""

    def read(self, columns: Sequence[str]) -> Iterator[Batch]:
        """Read the named columns, in batches of at most ``CHUNK_ROWS`` rows.

        Raises:
            SourceError: if it cannot be read, or is not what it was when the source was opened.
        """

    def check_unchanged(self) -> None:
        """Raise ``SourceError`` if it is no longer what it was when the source was opened."""


def without_nul(batch: Batch) -> Batch:
    """Move rows with a NUL byte, which the warehouse cannot store, to the unreadable ones."""
    bad: set[int] = set()
    for values in batch.columns.values():
        # One search over the joined column is far cheaper than one per value; NUL is rare.
        if "\0" in "\1".join([value for value in values if value]):
            bad.update(i for i, value in enumerate(values) if value and "\0" in value)
    if not bad:
        return batch
    kept = batch.take([i for i in range(len(batch.lines)) if i not in bad])
    rejected = tuple(UnreadableRow(batch.lines[i], NUL_REASON) for i in sorted(bad))
    return Batch(kept.columns, kept.file, kept.lines, batch.unreadable + rejected)


@contextmanager
def without_gc() -> Iterator[None]:
    """Make many small lists without the garbage collector walking them again and again: it doubles the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def one_line(name: str) -> str:
    """Return a name from a file for a message: names can have line ends, messages cannot."""
    return " ".join(name.split())


def printable(path: object) -> str:
    """Return a path as text that every output and the warehouse can hold: names of files are bytes, not always UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean `x`?)`` for the nearest known word, or nothing when none is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f" (did you mean `{one_line(by_lower[near[0]])}`?)" if near else ""


def listing(names: Iterable[str], limit: int = 12) -> str:
    """Return names for a message: comma separated, cut after ``limit``."""
    every = [one_line(name) for name in names]
    return ", ".join(every[:limit]) + (f" and {len(every) - limit} more" if len(every) > limit else "") or "none"
