"""A gate as data: a query, the column it judges, and the range that passes.

Each query gives one small row for each thing judged (a table of a source, a hospital and currency). The
judging is Great Expectations'; the queries add up what could be millions of rows in the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        name: what ``etl.py accept --gate`` names.
        query: SQL giving the key columns and ``column``; ``{run_id}`` is filled in.
        column: the number judged in every row.
        minimum, maximum: the range that passes, both ends included; None for no limit.
        keys: columns that say what a row is about (of ``source_name``, ``table_name``, ``hospital_id``, ``currency`` …).
        message: a sentence for people; ``{count}`` is the number of failing rows.
        severity: ``warn`` is shown but does not halt.
        acceptable: whether ``etl.py accept`` may let a batch past it: never reconciliation or identity.
    """

    name: str
    query: str
    column: str
    minimum: Decimal | None
    maximum: Decimal | None
    keys: tuple[str, ...]
    message: str
    severity: Literal["error", "warn"] = "error"
    acceptable: bool = False

    def no_worse(self, entry: Mapping[str, object], accepted: Mapping[str, object]) -> bool:
        """Return whether a failing entry is about the same as an accepted one, and its number no further out of range."""
        if any(str(entry.get(key)) != str(accepted.get(key)) for key in self.keys):
            return False
        value, known = Decimal(str(entry[self.column])), Decimal(str(accepted[self.column]))
        too_low = self.minimum is not None and value < self.minimum
        return value >= known if too_low else value <= known


@dataclass(frozen=True)
class GateResult:
    """What a gate found. ``failing`` holds keys and the judged number, never other values of the data."""

    gate: Gate
    passed: bool
    checked: int
    failing: tuple[dict[str, object], ...]

    @property
    def text(self) -> str:
        """The gate's sentence, with the failing count."""
        return self.gate.message.format(count=len(self.failing))
