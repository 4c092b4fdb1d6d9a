"""Guessing how a text file is written: encoding, separator, quote. What is a guess says so."""

from __future__ import annotations

import codecs
import csv
import gzip
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.sources.encodings import DAMAGED
from pipeline.sources.textformat import TextFormat

_SAMPLE_BYTES = 4_000_000
_SAMPLE_LINES = 60
_SEPARATORS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Sniffed:
    """How a file seems to be written, and the doubts about it."""

    text: TextFormat
    doubts: tuple[str, ...] = field(default=())


def sniff(path: Path) -> Sniffed:
    """Look at the beginning of a ``.csv`` or ``.csv.gz`` file; one that cannot be opened is left to the reader to refuse."""
    try:
        opener = gzip.open if path.name.lower().endswith(".gz") else open
        with opener(path, "rb") as file:
            start = file.read(_SAMPLE_BYTES)
    except (OSError, *DAMAGED):
        return Sniffed(TextFormat())
    encoding, doubts = _encoding(start)
    lines = [line for line in start.decode(encoding, "replace").splitlines() if line.strip()][:_SAMPLE_LINES]
    quote = _quote(lines)
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return Sniffed(TextFormat(codec, _separator(lines, quote), quote), doubts)


def _encoding(start: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, ()
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return "cp1252", (
            "not UTF-8; cp1252 is usual in western Europe and America, look whether letters such as é are right",
        )
    if start.count(b"\0") > len(start) // 4:
        return ("utf-16-le" if start[1:2] == b"\0" else "utf-16-be"), ()
    return "utf-8", ()


def _quote(lines: list[str]) -> str:
    single = sum(line.startswith("'") and line.endswith("'") for line in lines)
    return "'" if lines and single > len(lines) / 2 else '"'


def _separator(lines: list[str], quote: str) -> str:
    """Return the separator that splits the most lines into as many fields as the header, the more fields the better."""

    def fit(separator: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator, quotechar=quote)]
        except csv.Error:  # no text of that kind: the reader will say so
            return 0.0, 0
        return (sum(width == widths[0] for width in widths) / len(widths), widths[0]) if widths[0] > 1 else (0.0, 0)

    return max(_SEPARATORS, key=fit) if lines else ","
