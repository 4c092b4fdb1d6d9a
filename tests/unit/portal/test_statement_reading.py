"""Reading statements: what can only mean one thing is read, the rest is left to a person."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.analytics.statement_reading import Statement, check, read_amount, read_statement


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", "1234.50"), ("1.234,50", "1234.50"), ("1 234,50", "1234.50"), ("1'234.50", "1234.50"),
        ("$1,234.50", "1234.50"), ("USD 12", "12"), ("12 EUR", "12"), ("(25.50)", "-25.50"), ("25.50-", "-25.50"),
        ("\u221225,5", "-25.5"), ("1,234", "1234"), ("12.345.678,90", "12345678.90"), ("0", "0"),
        ("", None), ("about 100", None), ("1,23,456.00", None), ("1.2345", None), ("12.345.67", None), ("1e5", None),
        ("10%", None), ("100 200", None), ("1,234,50", None), ("--5", None),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, amount: str | None) -> None:
    assert read_amount(text) == (None if amount is None else Decimal(amount))


def test_what_could_be_thousands_or_decimals_is_not_read() -> None:
    assert read_amount("1.234", digits=2) == 1234
    assert read_amount("1.234", digits=3) is None
    assert read_amount("1234.500", digits=3) == Decimal("1234.500")
    assert read_amount("0,125", digits=3) == Decimal("0.125")
    assert read_amount("12.50", digits=0) is None


@given(st.integers(0, 10**12), st.sampled_from([(",", "."), (".", ","), ("'", "."), (" ", ",")]))
def test_every_amount_is_read_as_it_was_written(cents: int, marks: tuple[str, str]) -> None:
    thousands, point = marks
    text = f"{cents // 100:,}".replace(",", thousands) + f"{point}{cents % 100:02}"
    assert read_amount(text) == Decimal(cents) / 100


def test_labels_beside_amounts() -> None:
    rows = [
        ["Statement", ""],
        ["Gross pay", "", "1,000.00"],
        ["Commission:", "100"],
        ["Less deductions", "(50.00)"],
        ["NET PAY", "950.00"],
    ]
    found = read_statement(rows)
    values = {name: one.value for name, one in found.items()}
    assert values == {
        "gross_pay": 1000, "commission": 100, "bonus": None, "deductions": 50, "net_pay": 950,
    }  # fmt: skip
    assert found["bonus"].why == "is not in the file"
    assert found["gross_pay"].is_certain


def test_labels_above_amounts() -> None:
    found = read_statement(
        [["Doctor", "Gross", "Bonus", "Net"], ["One", "1.000,00", "", "900,00"], [], ["x", "7", "8", "9"]]
    )
    assert (found["gross_pay"].value, found["net_pay"].value, found["bonus"].value) == (1000, 900, None)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([["Gross pay", "1000"], ["Gross pay", "900"]], "stands in the file with different amounts"),
        ([["Gross pay", "1000", "12000"]], "stands in the file with different amounts"),  # the month and the year
        ([["Gross", "Net"], ["10", "9"], ["20", "18"]], "stands in the file with different amounts"),
        ([["Gross pay", "see below"]], "is not written so that it could only mean one amount"),
    ],
)
def test_what_is_not_certain_is_left_to_a_person(rows: list[list[str]], why: str) -> None:
    found = read_statement(rows)["gross_pay"]
    assert (found.value, found.why) == (None, why)


def _stated(
    gross: str, commission: str = "0", bonus: str = "0", deductions: str = "0", net: str | None = None
) -> Statement:
    return Statement(*map(Decimal, (gross, commission, bonus, deductions)), None if net is None else Decimal(net))


def test_what_does_not_add_up_is_said() -> None:
    assert check(_stated("100", "10", "20", "30", "70")) == {}
    assert check(_stated("100", deductions="150", net="-50")) == {}
    assert check(_stated("100", deductions="30", net="71")) == {
        "net_pay": "is not gross less deductions, which is 70: correct one of them"
    }
    assert check(_stated("100", "60", "41")) == {
        "gross_pay": "is less than commission and bonus together, which it contains"
    }
    assert check(_stated("100", "-1")) == {"commission": "must not be below 0"}
