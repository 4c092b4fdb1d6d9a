"""What a source has: its files or tables, their columns, and a sample of the values below each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources import database_url
from pipeline.sources.batch import Relation
from pipeline.sources.database import Database
from pipeline.sources.draft.sniffing import Sniffed, sniff
from pipeline.sources.folder import Folder
from pipeline.sources.textformat import TextFormat

_ROWS = 2_000


@dataclass(frozen=True)
class Sample:
    """One file or table of a source, or several parts of one.

    Attributes:
        name: what ``from`` says.
        columns: column → values of its first rows, without blanks around them and without empty ones.
        text: how it is written.
        doubts: about how it is written.
        rows: number of rows looked at.
    """

    name: str
    columns: dict[str, list[str]]
    text: TextFormat
    doubts: tuple[str, ...] = field(default=())
    rows: int = 0


@dataclass(frozen=True)
class Samples:
    """Everything of a source that can be read, and a sentence for each file that cannot."""

    location: str
    is_database: bool
    found: tuple[Sample, ...]
    refused: tuple[str, ...]


def look_at(location: str) -> Samples:
    """Read headers and first rows of a source.

    Raises:
        SourceError: if the source itself cannot be opened.
    """
    is_database = database_url.is_url(location)
    store = Database(location) if is_database else Folder(location)
    found: list[Sample] = []
    refused: list[str] = []
    try:
        for name in store.names():
            try:
                found.append(_sample(store, name, location))
            except SourceError as error:
                refused.append(str(error))
    finally:
        store.release()
    return Samples(store.location, is_database, tuple(_without_parts(found)), tuple(refused))


def _sample(store: Database | Folder, name: str, location: str) -> Sample:
    sniffed = Sniffed(TextFormat())
    if isinstance(store, Folder) and not name.lower().endswith(".parquet"):
        sniffed = sniff(Path(location) / name)
    relation: Relation = store.find([name], sniffed.text)[0]
    batch = next(iter(relation.read(relation.columns)), None)
    rows = min(len(batch.lines), _ROWS) if batch else 0
    values = {column: _present(batch.columns[column][:_ROWS]) if batch else [] for column in relation.columns}
    return Sample(name, values, sniffed.text, sniffed.doubts, rows)


def _present(values: Sequence[str | None]) -> list[str]:
    return [text for value in values if value and (text := value.strip())]


def _without_parts(found: list[Sample]) -> list[Sample]:
    """Return the samples with parts of one table (``bills_2024.csv``, ``bills_2025.csv``) as one, named by a pattern."""
    groups: dict[tuple[str, tuple[str, ...]], list[Sample]] = {}
    for sample in found:
        groups.setdefault((re.sub(r"\d+([_-]\d+)*", "*", sample.name), tuple(sample.columns)), []).append(sample)
    merged = []
    for (pattern, _), parts in groups.items():
        if len(parts) == 1:
            merged.append(parts[0])
            continue
        columns = {name: [value for part in parts for value in part.columns[name]][:_ROWS] for name in parts[0].columns}
        merged.append(Sample(pattern, columns, parts[0].text, parts[0].doubts, sum(part.rows for part in parts)))
    return merged
