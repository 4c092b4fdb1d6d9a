"""A folder of delimited and Parquet files."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.batch import Relation, listing, printable, suggestion
from pipeline.sources.csvfile import CsvFile
from pipeline.sources.parquetfile import ParquetFile
from pipeline.sources.textformat import TextFormat

ENDINGS = (".csv", ".csv.gz", ".parquet")


class Folder:
    """The files of a folder (and of the folders in it), found by name, by name without ending, by folder or by pattern."""

    kind = "folder"

    def __init__(self, location: str) -> None:
        """List the files.

        Raises:
            SourceError: if there is no such folder, or it has no data files.
        """
        self.path = Path(location)
        try:
            if self.path.is_file():
                raise SourceError(
                    f"Source {self.location} is a file; give the folder that it is in, "
                    f"or a database URL (sqlite:///{self.location})."
                )
            if not self.path.is_dir():
                raise SourceError(
                    f"Source folder {self.location} does not exist; "
                    "give a folder of CSV or Parquet files, or a database URL."
                )
            self._files = {printable(path.relative_to(self.path).as_posix()): path for path in _data_files(self.path)}
        except OSError as error:
            raise SourceError(
                f"Source {printable(error.filename or location)} cannot be read: {error.strerror or error}; "
                "correct that, or take it out of the source."
            ) from None
        if not self._files:
            raise SourceError(f"Source folder {self.location} has no .csv, .csv.gz or .parquet files; check the path.")
        self._open: dict[tuple[str, TextFormat], Relation] = {}

    @property
    def location(self) -> str:
        """Where it is, for the run log."""
        return printable(self.path.absolute())

    def names(self) -> tuple[str, ...]:
        """Return the names of its files."""
        return tuple(self._files)

    def has(self, name: str) -> bool:
        """Return whether ``name`` finds any file."""
        return bool(self._matches(name))

    def find(self, names: Iterable[str], text: TextFormat) -> list[Relation]:
        """Open the files that ``names`` mean.

        Raises:
            SourceError: if a name means no file, or two that differ in their ending.
        """
        labels: dict[str, None] = {}
        for name in names:
            found = self._matches(name)
            if not found:
                known = {_stem(label): label for label in self._files}
                raise SourceError(
                    f"Source folder {self.location} has no file `{name}`{suggestion(_stem(name), known)}; "
                    f"it has {listing(self._files)}."
                )
            labels |= dict.fromkeys(found)
        return [self._relation(label, text) for label in labels]

    def changed(self) -> None:
        """Raise ``SourceError`` if any file that was opened is no longer what it was."""
        for relation in self._open.values():
            relation.check_unchanged()

    def release(self) -> None:
        """Nothing is held between reads."""

    def details(self) -> list[dict[str, object]]:
        """Return name and size of the files opened, for the run log."""
        found = {label: relation for (label, _), relation in self._open.items()}
        return [{"file": label, "bytes": relation.signature.size} for label, relation in sorted(found.items())]  # type: ignore[attr-defined]

    def _matches(self, name: str) -> list[str]:
        if name in self._files:
            return [name]
        if any(mark in name for mark in "*?["):
            return [label for label in self._files if fnmatch.fnmatchcase(label, name)]
        alike = [label for label in self._files if _stem(label) == name]
        parts = [label for label in self._files if label.rpartition("/")[0] == name.rstrip("/")]
        if len(alike) > 1 or (alike and parts):
            raise SourceError(
                f"Source folder {self.location} has {listing(alike + parts)}: which one is `{name}`? "
                "Remove one, or name it with its ending."
            )
        return alike or parts

    def _relation(self, label: str, text: TextFormat) -> Relation:
        key = (label, text)
        if key not in self._open:
            reader = ParquetFile if label.lower().endswith(".parquet") else CsvFile
            self._open[key] = reader(self._files[label], label, text)
        return self._open[key]


def _data_files(folder: Path) -> list[Path]:
    """Return the data files below a folder, hidden ones left out.

    Raises:
        OSError: for a folder that cannot be listed, and for a link to nothing: what they hold would seem to be deleted.
    """
    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place, name) for name in files if name.lower().endswith(ENDINGS) and not name.startswith(".")]
        found += [path for path in paths if stat.S_ISREG(path.stat().st_mode)]
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def _stem(label: str) -> str:
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if label.lower().endswith(ending):
            return label[: -len(ending)]
    return label
