"""Opening a source through its mapping."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd

from pipeline.errors import SourceError, UsageError
from pipeline.sources import database_url
from pipeline.sources.base import Chunk, ColumnFormat
from pipeline.sources.batch import Batch, listing, printable, suggestion
from pipeline.sources.changes import Changes
from pipeline.sources.database import Database
from pipeline.sources.folder import Folder
from pipeline.sources.mapping import Mapping as MappingFile
from pipeline.sources.mapping import TableSpec
from pipeline.sources.mapping_file import find_mapping, load_mapping
from pipeline.sources.plan import TablePlan
from pipeline.sources.planner import Planner
from warehouse.canonical import TABLES

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def open_source(name: str | None, location: str, mapping: str | Path | None = None) -> MappedSource:
    """Open a source and check everything that its mapping says about it, before a row is read.

    Args:
        name: of the source, part of every key; without one, the mapping's ``name``, else that of the folder or database.
        location: a folder of ``.csv``, ``.csv.gz`` and ``.parquet`` files, or a database URL.
        mapping: path of a mapping file, or the short name of a shipped one; without one, files or tables and their columns
            bear the canonical names.

    Raises:
        MappingError: if the mapping is wrong, or names what the source does not have.
        SourceError: if the source cannot be read or lacks something required; ``SourceUnreachableError`` for a database.
        UsageError: if the name cannot be one.
    """
    if not location.strip():
        raise UsageError("The location of a source is empty; write --source [NAME=]FOLDER or --source [NAME=]URL.")
    path = find_mapping(mapping) if mapping is not None else None
    rules = load_mapping(path) if path else MappingFile()
    store = Database(location) if database_url.is_url(location) else Folder(location)
    chosen = name or rules.name or _default_name(store.location)
    if not _NAME.fullmatch(chosen):
        raise UsageError(
            f"`{chosen}` cannot be the name of a source; "
            f"use letters, digits, `_`, `-` and `.` (--source NAME={store.location})."
        )
    try:
        return MappedSource(chosen, store, rules, path)
    except BaseException:
        store.release()
        raise


class MappedSource:
    """A source as the landing reads it; see ``pipeline.sources.base.Source``."""

    def __init__(self, name: str, store: Folder | Database, rules: MappingFile, path: Path | None) -> None:
        """Plan every table; use ``open_source``."""
        self.name = name
        self._store = store
        self._path = path
        origin = f"Mapping {printable(path.name)}" if path else f"Source {store.location}"
        planner = Planner(store, rules, origin, is_mapped=rules.tables is not None)
        specs = rules.tables if rules.tables is not None else _canonical_specs(store)
        self._plans = {
            table.name: [planner.plan(table, spec) for spec in specs[table.name]]
            for table in TABLES
            if table.name in specs
        }
        self._unread = set(self._plans)

    @property
    def tables(self) -> tuple[str, ...]:
        """Canonical tables that it delivers, in the order of ``warehouse.canonical.TABLES``."""
        return tuple(self._plans)

    def read(self, table: str, changes: Changes | None = None) -> Iterator[Chunk]:
        """Read a canonical table in chunks; at least one, which has no rows if the table has none.

        With ``changes`` only what changed, see ``changes_of``.

        After each table, every file that was opened is compared with what it was when the source was opened.

        Raises:
            SourceError: if what it reads from is unreadable or changes while it is read.
        """
        plans, nothing_yet = self._plans[table], True
        for plan in plans:
            for batch in plan.read(changes):
                if batch.lines or batch.unreadable:
                    nothing_yet = False
                    yield _chunk(batch, plan.formats)
        if nothing_yet:
            label = plans[0].relations[0].label if plans[0].relations else plans[0].origin
            yield _chunk(Batch({name: [] for name in plans[0].columns}, label, []), plans[0].formats)
        self._store.changed()
        self._unread.discard(table)
        if not self._unread:
            self.close()

    def changes_of(self, table: str) -> PartReader | None:
        """Return how to read a table in part, or None where that cannot be: files, joins, no ``updated_at``."""
        plan, *others = self._plans[table]
        return PartReader(plan, plan.signature(self._store.location)) if plan.marker and not others else None

    def formats(self, table: str) -> Mapping[str, ColumnFormat]:
        """Return how text of the table's columns is to be read; of a table of several parts, each chunk says it."""
        return self._plans[table][0].formats

    def plans(self, table: str) -> list[TablePlan]:
        """Return how the parts of a table, mostly one, are read: from what, and what fills the columns."""
        return self._plans[table]

    def describe(self) -> dict[str, object]:
        """Return name, location (without a password), mapping and what was found, for the run log."""
        return {
            "name": self.name,
            "kind": self._store.kind,
            "location": self._store.location,
            "mapping": printable(self._path) if self._path else None,
            "mapping_sha256": hashlib.sha256(self._path.read_bytes()).hexdigest() if self._path else None,
            "tables": {
                name: {
                    "from": [relation.label for plan in plans for relation in plan.relations],
                    "columns": list(dict.fromkeys(column for plan in plans for column in plan.columns)),
                }
                for name, plans in self._plans.items()
            },
            "found": self._store.details(),
        }

    def close(self) -> None:
        """Let go of a database connection; done without being asked after the last table, or after an error."""
        self._store.release()

    def __enter__(self) -> Self:
        """Return itself: ``with open_source(…) as source``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


@dataclass(frozen=True)
class PartReader:
    """See ``pipeline.sources.base.ChangeReader``."""

    plan: TablePlan
    signature: str

    def newest(self, instant: datetime) -> dict[str, datetime]:
        """Return the highest mark, not in the future of ``instant``, of each table that it is read from."""
        return self.plan.newest(instant)

    def read_keys(self) -> Iterator[Chunk]:
        """Read of every row nothing but what identifies it."""
        return (_chunk(batch, self.plan.formats) for batch in self.plan.only_keys().read())


def _canonical_specs(store: Folder | Database) -> dict[str, list[TableSpec]]:
    specs = {table.name: [TableSpec.model_validate({"from": table.name})] for table in TABLES if store.has(table.name)}
    missing = [table.name for table in TABLES if table.required and table.name not in specs]
    if missing:
        thing = "file" if store.kind == "folder" else "table"
        raise SourceError(
            f"Source {store.location} has no {thing} `{missing[0]}`{suggestion(missing[0], store.names())}, which is required; "
            f"it has {listing(store.names())}. Name the {thing} so, or give a mapping that says where the {missing[0]} are."
        )
    return specs


def _default_name(location: str) -> str:
    last = re.split(r"[/\\]", location.rstrip("/\\").split("?")[0])[-1]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", last.removesuffix(".db")).strip("._-")[:63] or "default"


def _chunk(batch: Batch, formats: Mapping[str, ColumnFormat]) -> Chunk:
    # dtype=object: pandas would turn text into a type of its own, with NaN for None.
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in batch.columns.items()})
    return Chunk(frame, batch.file, batch.lines, batch.unreadable, formats)
