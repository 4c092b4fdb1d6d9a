"""Writing a sheet as a CSV, gzip or Parquet file, and breaking the bytes of it."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scripts.fuzzing.clinic import Sheet

ENDINGS = (".csv", ".csv.gz", ".parquet")


def write(sheet: Sheet, ending: str, rng: Random) -> bytes:
    """Return the bytes of a file with that ending."""
    if ending == ".parquet":
        return _parquet(sheet, rng)
    text = sheet.mark + _text(sheet, rng).encode(
        sheet.encoding, "replace" if sheet.encoding != "utf-8" else "surrogatepass"
    )
    return gzip.compress(text, mtime=0) if ending == ".csv.gz" else text


def _text(sheet: Sheet, rng: Random) -> str:
    sink = io.StringIO()
    dialect = csv.excel()
    dialect.delimiter, dialect.lineterminator = sheet.separator, sheet.newline
    dialect.quoting = csv.QUOTE_ALL if rng.random() < 0.3 else csv.QUOTE_MINIMAL
    writer = csv.writer(sink, dialect)
    writer.writerows([sheet.header, *sheet.rows])
    return sink.getvalue()


def _parquet(sheet: Sheet, rng: Random) -> bytes:
    width = len(sheet.header)
    rows = [(row + [""] * width)[:width] for row in sheet.rows]
    columns = [_column([row[i] for row in rows], rng) for i in range(width)]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=[_whole(name) for name in sheet.header]), sink)
    return sink.getvalue()


def _column(texts: list[str], rng: Random) -> pa.Array:
    """Return the cells as they are, or all that can be so as values of one of Parquet's types (the others missing)."""
    whole = [_whole(text) for text in texts]
    if rng.random() < 0.5:
        return pa.array([text if rng.random() < 0.95 else None for text in whole], pa.string())
    kind: Any = rng.choice(
        [pa.decimal128(20, 4), pa.float64(), pa.float32(), pa.int64(), pa.date32(), pa.timestamp("ns"), pa.timestamp("us", "UTC"),
         pa.bool_(), pa.binary(), pa.list_(pa.string()), pa.dictionary(pa.int32(), pa.string()), pa.null()]
    )  # fmt: skip
    return pa.array([_typed(text, kind) for text in whole], kind)


def _typed(text: str, kind: Any) -> object:
    found: object = None
    with contextlib.suppress(ValueError, ArithmeticError, pa.ArrowException):
        if pa.types.is_date(kind):
            found = date.fromisoformat(text[:10])
        elif pa.types.is_timestamp(kind):
            found = datetime.fromisoformat(text).replace(tzinfo=UTC if kind.tz else None)
        elif pa.types.is_list(kind):
            found = [text]
        elif pa.types.is_binary(kind):
            found = text.encode()
        elif pa.types.is_dictionary(kind):
            found = text
        elif pa.types.is_boolean(kind):
            found = len(text) % 2 == 0
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            number = Decimal(text)
            found = number if pa.types.is_decimal(kind) else int(number) if pa.types.is_integer(kind) else float(number)
        pa.array([found], kind)  # what does not fit is missing
        return found
    return None


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def lines_of(content: bytes) -> int | None:
    """Return how many rows a file without quotes has, counted apart from the readers: lines that are not empty, but one.

    None where that is not so simple: there are quotes, or it is no text in UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if '"' in text:
        return None
    return sum(1 for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line) - 1


def break_bytes(content: bytes, rng: Random) -> tuple[str, bytes]:
    """Return how the bytes were broken, and the bytes."""
    if not content:
        return "empty", content
    place = rng.randrange(len(content))
    match rng.randrange(8):
        case 0:
            return "truncated", content[:place]
        case 1:
            flipped = bytes([content[place] ^ (1 << rng.randrange(8))])
            return "a bit flipped", content[:place] + flipped + content[place + 1 :]
        case 2:
            return "random bytes inside", content[:place] + rng.randbytes(rng.randint(1, 40)) + content[place:]
        case 3:
            return "a block of NULs", content[:place] + b"\0" * rng.randint(1, 600) + content[place + 1 :]
        case 4:
            return "twice in one file", content + content
        case 5:
            return "a quote that is never closed", content[:place] + b'"' + content[place:]
        case 6:
            return "a cut in the middle", content[:place] + content[place + rng.randint(1, 200) :]
    return "nothing but noise", rng.randbytes(rng.randint(0, 300))
