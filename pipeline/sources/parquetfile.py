"""A Parquet file, read by row groups as exact text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources import signature
from pipeline.sources.batch import CHUNK_ROWS, Batch, Values, without_nul
from pipeline.sources.textformat import TextFormat
from pipeline.sources.totext import to_text


class ParquetFile:
    """One ``.parquet`` file of a folder. The lines of its rows are their numbers, from 1."""

    def __init__(self, path: Path, label: str, text: TextFormat) -> None:
        """Read the schema.

        Raises:
            SourceError: if it is no Parquet file, or has a column twice.
        """
        self._path = path
        self._nulls = text.null_values
        self.label = label
        self.signature = signature.sign(path, label)
        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._unreadable(error) from None
        for name in names:
            if names.count(name) > 1:
                raise SourceError(f"File {label} has the column `{name}` twice; rename or remove one of them.")
        self.columns = tuple(names)

    def read(self, columns: Sequence[str]) -> Iterator[Batch]:
        """Read the named columns in batches; see ``Relation.read``."""
        self.check_unchanged()
        row = 1
        try:
            with pq.ParquetFile(self._path) as file:
                for part in file.iter_batches(batch_size=CHUNK_ROWS, columns=list(columns)):
                    values = {name: _text(part.column(name), self._nulls) for name in columns}
                    yield without_nul(Batch(values, self.label, list(range(row, row + part.num_rows))))
                    row += part.num_rows
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._unreadable(error) from None
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Raise ``SourceError`` if the file is not what it was when it was opened."""
        signature.check(self._path, self.label, self.signature)

    def _unreadable(self, error: Exception) -> SourceError:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        reason = reason.replace(str(self._path), self.label)
        return SourceError(f"File {self.label} is no readable Parquet file ({reason.rstrip('.')}); deliver it again.")


def _text(array: pa.Array, nulls: frozenset[str]) -> Values:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    # Nanoseconds do not fit Python's datetime; microseconds are more than any bill needs.
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        array = pc.cast(array, pa.timestamp("us", array.type.tz), safe=False)
    if pa.types.is_float32(array.type) or pa.types.is_float16(array.type):
        # The shortest spelling in its own precision: 12.3, not what it is as a double.
        texts = [None if value is None else to_text(float(str(value))) for value in _single(array)]
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        texts = array.to_pylist()
    else:
        try:
            texts = [to_text(value) for value in array.to_pylist()]
        except (OverflowError, ValueError, LookupError):  # one value that Python has no date for spoils the column
            texts = [_alone(value) for value in array]
    return [None if text in nulls else text for text in texts]


def _single(array: pa.Array) -> list[np.floating | None]:
    values = array.to_numpy(zero_copy_only=False)
    return [value if valid else None for value, valid in zip(values, array.is_valid().to_pylist(), strict=True)]


def _alone(value: pa.Scalar) -> str | None:
    """Return the text of one value, or what it is where it cannot be read: the row is rejected for it."""
    try:
        return to_text(value.as_py())
    except (OverflowError, ValueError, LookupError):
        return f"unreadable {value.type}"
