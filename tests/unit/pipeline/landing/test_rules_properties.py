"""Row rules on any text: they never raise, judge each row by itself, and let nothing through that is not what its type says."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.landing.rules import Checked
from pipeline.sources.base import ColumnFormat
from scripts.fuzzing import oddities
from tests.unit.pipeline.landing.judging import rules
from warehouse.canonical import BY_NAME, TABLES
from warehouse.reasons import REASONS

_ANY = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(oddities.NUMBERS + oddities.DATES + oddities.TEXTS + oddities.FORMULAS),
    st.sampled_from(["H1", "2025-01-31", "10.50", "paid", "issued", "P3,QK", "P3=1", "UTC", "EUR"]),
)
_STYLES = st.sampled_from(
    [
        ColumnFormat(),
        ColumnFormat(("%d.%m.%Y", "%Y%m%d"), ",", "."),
        ColumnFormat(("%m/%d/%y %I:%M %p",), ".", "'"),
        ColumnFormat((), ",", " "),
    ]
)
_TYPES = {
    "money": Decimal,
    "number": Decimal,
    "integer": int,
    "date": date,
    "timestamp": datetime,
    "boolean": bool,
    "text": str,
}


def _check(table: str, style: ColumnFormat, rows: list[dict[str, str | None]]) -> Checked:
    columns = [column.name for column in BY_NAME[table].columns]
    frame = pd.DataFrame([[row[name] for name in columns] for row in rows], columns=columns, dtype=object)
    return rules(table, dict.fromkeys(columns, style)).check(frame)


@st.composite
def _rows(draw: st.DrawFn, table: str) -> list[dict[str, str | None]]:
    row = st.fixed_dictionaries({column.name: _ANY for column in BY_NAME[table].columns})
    return draw(st.lists(row, min_size=1, max_size=4))


@pytest.mark.parametrize("table", [table.name for table in TABLES])
@settings(max_examples=25, deadline=None)
@given(st.data(), _STYLES)
def test_any_text_is_judged(table: str, data: st.DataObject, style: ColumnFormat):
    rows = data.draw(_rows(table))
    checked = _check(table, style, rows)
    good = ~checked.bad
    for column in BY_NAME[table].columns:
        values = checked.columns[column.name].to_pylist()
        assert len(values) == len(rows)
        kept = [value for value, is_good in zip(values, good, strict=True) if is_good and value is not None]
        assert all(isinstance(value, _TYPES[column.type]) for value in kept)
        if column.allowed:
            assert set(kept) <= set(column.allowed)
        if column.required:
            assert len(kept) == int(good.sum()), "a row without what it needs does not land"
        if column.type == "text":
            assert not any("\0" in str(value) for value in kept)
    assert {finding.reason for finding in checked.findings} <= set(REASONS)
    money = BY_NAME[table].money
    if money:
        amounts = checked.amounts.to_pylist()
        assert all(amount is None for amount, bad in zip(amounts, checked.unreadable_amounts, strict=True) if bad)


@pytest.mark.parametrize("table", ["invoices", "payments", "patients", "charges"])
@settings(max_examples=25, deadline=None)
@given(st.data(), _STYLES)
def test_a_row_is_judged_alike_alone_and_among_others(table: str, data: st.DataObject, style: ColumnFormat):
    rows = data.draw(_rows(table))
    together = _check(table, style, rows)
    alone = [_check(table, style, [row]) for row in rows]
    assert together.bad.tolist() == np.concatenate([each.bad for each in alone]).tolist()
    for name, values in together.columns.items():
        assert values.to_pylist() == [each.columns[name].to_pylist()[0] for each in alone]
