"""Small folders of files, and sources read to the end."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from pipeline.sources import MappedSource, open_source
from pipeline.sources.base import UnreadableRow
from pipeline.sources.batch import Batch, Relation
from pipeline.sources.csvfile import CsvFile
from pipeline.sources.textformat import TextFormat

INVOICES = "invoice_id,hospital_id,patient_id,invoice_date,total,status\nI1,H1,P1,2024-01-05,100.00,issued\n"
PAYMENTS = "payment_id,payment_date,amount,status\nP1,2024-01-06,40.00,paid\n"

Rows = list[dict[str, str | None]]


def folder(path: Path, **files: str | bytes) -> Path:
    """Write files, named by their stem (``.csv`` is added), beside the two required ones."""
    for name, content in {"invoices": INVOICES, "payments": PAYMENTS, **files}.items():
        target = path / (name if "." in name else f"{name}.csv")
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def source(path: Path, mapping: str | None = None) -> MappedSource:
    """Open a folder through a mapping given as text."""
    if mapping is None:
        return open_source("test", str(path))
    file = path / "mapping.yml"
    file.write_text(mapping, encoding="utf-8")
    return open_source("test", str(path), file)


def rows(opened: MappedSource, table: str) -> Rows:
    """All rows of a table."""
    return [record for chunk in opened.read(table) for record in chunk.frame.to_dict("records")]


def batches(relation: Relation) -> list[Batch]:
    """All batches of a file or table, with all its columns."""
    return list(relation.read(relation.columns))


def records(relation: Relation) -> tuple[list[tuple[str | None, ...]], list[int], list[UnreadableRow]]:
    """Values, lines and unreadable rows of a file or table."""
    found = batches(relation)
    values = [row for batch in found for row in zip(*batch.columns.values(), strict=True)]
    return values, [line for b in found for line in b.lines], [row for b in found for row in b.unreadable]


def csv_file(path: Path, content: bytes | str, name: str = "data.csv", **text: object) -> CsvFile:
    """Write and open one delimited file."""
    target = path / name
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return CsvFile(target, name, TextFormat(**text))  # type: ignore[arg-type]


def write_csv(path: Path, table: Sequence[Sequence[str]]) -> list[int]:
    """Write ``table`` with Python's csv writer; return the line on which each row starts."""
    lines, line = [], 1
    with path.open("w", encoding="utf-8", newline="") as file:
        for row in table:
            lines.append(line)
            before = file.tell()
            csv.writer(file).writerow(row)
            file.flush()
            written = path.read_bytes()[before:].decode()
            line += written.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    return lines
