"""Rows of the canonical tables while they are made, and how they are written as files."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.canonical import TABLES

Row = dict[str, str]


@dataclass
class Tables:
    """Rows by canonical table, and the next number of every kind of id."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, table: str, **values: str) -> Row:
        """Append a row to ``table`` and return it; columns left out stay empty."""
        row: Row = values
        self.rows[table].append(row)
        return row

    def number(self, prefix: str, width: int = 6) -> str:
        """Return the next id of a kind: ``INV-000001``."""
        self.numbers[prefix] += 1
        return f"{prefix}-{self.numbers[prefix]:0{width}d}"

    def write(self, folder: Path) -> None:
        """Write one CSV file for each table that has rows, with every canonical column, into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            rows = self.rows.get(table.name, [])
            if not rows:
                continue
            columns = [column.name for column in table.columns]
            with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
