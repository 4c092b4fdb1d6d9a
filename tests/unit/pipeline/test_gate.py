"""What was accepted at a gate covers the same thing as long as it is no worse."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.quality.gate import Gate

_KEYS = ("source_name", "table_name")


def _gate(minimum: int | None, maximum: int | None) -> Gate:
    low, high = (None if limit is None else Decimal(limit) for limit in (minimum, maximum))
    return Gate("volume", "select 1", "percent", low, high, _KEYS, "{count} tables.", acceptable=True)


def _entry(percent: str, table: str = "invoices") -> dict[str, object]:
    return {"source_name": "main", "table_name": table, "percent": percent}


@pytest.mark.parametrize(
    ("gate", "accepted", "found", "covered"),
    [
        (_gate(50, None), "30", "30", True),
        (_gate(50, None), "30", "40", True),
        (_gate(50, None), "30", "29.9999", False),
        (_gate(None, 20), "35", "35.0000", True),
        (_gate(None, 20), "35", "21", True),
        (_gate(None, 20), "35", "35.0001", False),
        (_gate(50, 200), "30", "250", False),
    ],
)
def test_the_same_or_better_is_covered_and_worse_is_not(gate: Gate, accepted: str, found: str, covered: bool) -> None:
    assert gate.no_worse(_entry(found), _entry(accepted)) is covered


def test_another_table_is_not_covered() -> None:
    assert not _gate(50, None).no_worse(_entry("30", "payments"), _entry("30"))
