"""Amounts are read exactly, in the source's own way of writing them, or not at all."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.amounts import parse_integer, parse_money, parse_number
from pipeline.sources.base import ColumnFormat

PLAIN = ColumnFormat()
GERMAN = ColumnFormat(decimal=",", thousands=".")
US = ColumnFormat(decimal=".", thousands=",")
FRENCH = ColumnFormat(decimal=",", thousands=" ")


def _text(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


@pytest.mark.parametrize(("text", "style", "expected"), [
    ("1.234,56", GERMAN, "1234.560"),
    ("1234,5", GERMAN, "1234.500"),
    ("-1.234.567,891", GERMAN, "-1234567.891"),
    ("1.234", GERMAN, "1234.000"),
    ("1,234.50", US, "1234.500"),
    ("1\u202f234,50", FRENCH, "1234.500"),
    ("1\u00a0234", FRENCH, "1234.000"),
    ("+7", PLAIN, "7.000"),
    (".5", PLAIN, "0.500"),
    ("5.", PLAIN, "5.000"),
    ("000.10", PLAIN, "0.100"),
    ("999999999999.999", PLAIN, "999999999999.999"),
    ("0000000000000000000001", PLAIN, "1.000"),
])  # fmt: skip
def test_amounts_are_read_as_they_are_written(text: str, style: ColumnFormat, expected: str) -> None:
    parsed = parse_money(_text(text), style)
    assert parsed.problems == {}
    assert str(parsed.values[0].as_py()) == expected


@pytest.mark.parametrize(("text", "style"), [
    ("1.23,4", GERMAN), ("12.34", GERMAN), ("1,23", US), ("1,2345", US), ("1,234", PLAIN), ("--1", PLAIN), ("", PLAIN),
    (".", PLAIN), ("1.2.3", PLAIN), ("1 2", PLAIN), ("٣", PLAIN), ("inf", PLAIN), ("0x10", PLAIN), ("1\n", PLAIN),
])  # fmt: skip
def test_what_could_be_misread_is_refused(text: str, style: ColumnFormat) -> None:
    parsed = parse_money(_text(text), style)
    assert list(parsed.problems) == ["invalid_number"]
    assert parsed.values.to_pylist() == [None]


@given(st.lists(st.one_of(st.none(), st.decimals(-(10**15), 10**15, places=3), st.text(max_size=6)), max_size=20))
def test_every_value_is_exact_or_has_a_reason(values: list[Decimal | str | None]) -> None:
    text = _text(*(None if value is None else str(value) for value in values))
    parsed = parse_money(text, PLAIN)
    failed = [any(rows[place] for rows in parsed.problems.values()) for place in range(len(values))]
    for place, value in enumerate(values):
        read = parsed.values[place].as_py()
        assert failed[place] == (read is None and value is not None)
        if read is not None:
            assert read == Decimal(str(value))


@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=6))
def test_more_than_three_decimals_are_refused_unless_zero(amount: Decimal) -> None:
    parsed = parse_money(_text(f"{amount:f}"), PLAIN)
    is_exact = amount == amount.quantize(Decimal("0.001"), ROUND_DOWN)
    assert (parsed.problems == {}) is is_exact
    assert parsed.values[0].as_py() == (amount if is_exact else None)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_whole_numbers_of_a_bigint_are_exact(number: int) -> None:
    assert parse_integer(_text(str(number), f"{number}.00"), PLAIN).values.to_pylist() == [number, number]


def test_numbers_keep_six_decimals() -> None:
    parsed = parse_number(_text("0.123456", "20.3178", "1234567890123"), PLAIN)
    assert parsed.values.to_pylist() == [Decimal("0.123456"), Decimal("20.317800"), None]
    assert parsed.problems["out_of_range"].tolist() == [False, False, True]


def test_an_amount_of_a_trillion_is_out_of_range_so_that_sums_fit_the_warehouse() -> None:
    assert list(parse_money(_text("1000000000000"), PLAIN).problems) == ["out_of_range"]
