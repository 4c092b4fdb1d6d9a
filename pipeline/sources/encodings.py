"""Finding where a file stops being text of its encoding, to say so with a line number."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import SourceError
from pipeline.sources.batch import one_line

DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a broken gzip file raises."""

_BLOCK = 1 << 16
_NO_TEXT = (
    (b"\x1f\x8b", "compressed with gzip", "let its name end in .csv.gz"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"PAR1", "a Parquet file", "let its name end in .parquet"),
)


def mark_error(label: str, file: BinaryIO, encoding: str) -> None:
    """Raise ``SourceError`` if the byte order mark at the start of ``file`` belongs to another encoding; rewind it."""
    start = file.read(4)
    file.seek(0)
    for magic, kind, remedy in _NO_TEXT:
        if start.startswith(magic) and not label.lower().endswith(".gz"):
            raise SourceError(f"File {label} is {kind}, not text; {remedy}.")
    if start == codecs.BOM_UTF32_LE and not encoding.startswith("utf-32"):
        raise SourceError(
            f"File {label}, line 1: is in UTF-32, not {_said(encoding)}; put `encoding: utf-32` in the mapping."
        )
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not encoding.startswith(("utf-16", "utf-32")):
        raise SourceError(
            f"File {label}, line 1: is in UTF-16, not {_said(encoding)}; put `encoding: utf-16` in the mapping."
        )
    if start.startswith(codecs.BOM_UTF8) and not encoding.startswith("utf-8"):
        raise SourceError(
            f"File {label}, line 1: is in UTF-8, not {_said(encoding)}; put `encoding: utf-8` in the mapping."
        )


def encoding_error(path: Path, label: str, encoding: str) -> SourceError:
    """Return the error that names the line and byte at which ``path`` stops being text of ``encoding``."""
    try:
        where = _first_bad_byte(path, label, encoding)
    except DAMAGED as error:  # what cannot be unpacked to the end is no text for that reason
        return damaged_error(label, error)
    line, byte = where or (1, None)
    shown = f"byte 0x{byte:02x}" if byte is not None else "the end of the file"
    return SourceError(
        f"File {label}, line {line}: {shown} is not text in {_said(encoding)}; "
        "put the file's encoding in the mapping, for example `encoding: cp1252`."
    )


def damaged_error(label: str, error: BaseException) -> SourceError:
    """Return the error for a compressed file that cannot be unpacked."""
    return SourceError(f"File {label} is damaged or cut off ({one_line(str(error))}); deliver it again.")


def _said(encoding: str) -> str:
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _first_bad_byte(path: Path, label: str, encoding: str) -> tuple[int, int | None] | None:
    # As the reader counts them: lines end with LF, CR or both.
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("strict"), translate=True)
    opener = gzip.open if label.lower().endswith(".gz") else open
    line = 1
    with opener(path, "rb") as file:
        while block := file.read(_BLOCK):
            state = decoder.getstate()
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeError:
                decoder.setstate(state)
                return _within(decoder, block, line)
        try:
            decoder.decode(b"", final=True)
        except UnicodeError:
            return line, None
    return None


def _within(decoder: io.IncrementalNewlineDecoder, block: bytes, line: int) -> tuple[int, int]:
    for position in range(len(block)):
        open_line = decoder.getstate()[1] & 1  # a CR that waits for its LF
        try:
            line += decoder.decode(block[position : position + 1]).count("\n")
        except UnicodeDecodeError as error:
            line += open_line
            return line, error.object[error.start]  # the first byte of the sequence, not the one that broke it
        except UnicodeError:
            return line, block[position]
    return line, block[-1]
