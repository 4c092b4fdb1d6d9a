"""Values that drivers hand out become text that is exact and says the same."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.totext import to_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("007", "007"),
        (True, "true"),
        (12, "12"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.10"), "0.10"),
        (1e-7, "0.0000001"),
        (float("inf"), "inf"),
        (date(24, 1, 5), "0024-01-05"),
        (time(8, 30), "08:30:00"),
        (b"\xff\x00", "ff00"),
        (memoryview(b"abc"), "abc"),
        ({"a": [1, Decimal("0.1")]}, '{"a": [1, "0.1"]}'),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_values(value: object, text: str | None) -> None:
    assert to_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_their_value_and_have_no_exponent(value: float) -> None:
    text = to_text(value)
    assert text is not None
    assert float(text) == value
    assert "e" not in text.lower()
