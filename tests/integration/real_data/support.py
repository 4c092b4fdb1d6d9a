"""Two data sets that nobody here wrote, beside the project where they are kept; the figures that were checked for them."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from warehouse.settings import ROOT

DATA = Path(os.environ.get("DAYBOOK_REAL_DATA") or ROOT.parent / "shared" / "data")


def needs(name: str) -> pytest.MarkDecorator:
    """Mark: run only where the data set lies beside the project."""
    return pytest.mark.skipif(not (DATA / name / "facts.json").exists(), reason=f"{name} is not beside the project")


class Facts:
    """The checked figures of one data set, by id."""

    def __init__(self, name: str) -> None:
        document = json.loads((DATA / name / "facts.json").read_text(encoding="utf-8"))
        self._facts = {fact["id"]: fact for fact in document["facts"]}

    @staticmethod
    def texts(name: str, fact: str) -> list[tuple[Any, ...]]:
        """Every row of a fact as it is written: codes keep their leading zeros."""
        document = json.loads((DATA / name / "facts.json").read_text(encoding="utf-8"))
        (found,) = [one["rows"] for one in document["facts"] if one["id"] == fact]
        return [tuple(row) for row in found]

    def one(self, fact: str) -> dict[str, Any]:
        """The single row of a fact, by column; amounts as Decimal."""
        (row,) = self._facts[fact]["rows"]
        return dict(zip(self._facts[fact]["columns"], map(_exact, row), strict=True))

    def rows(self, fact: str) -> list[tuple[Any, ...]]:
        """Every row of a fact; amounts as Decimal."""
        return [tuple(map(_exact, row)) for row in self._facts[fact]["rows"]]


def _exact(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return Decimal(value)
        except ArithmeticError:
            return value
    return value
