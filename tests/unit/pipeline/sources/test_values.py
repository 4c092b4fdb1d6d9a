"""Amounts and dates on their way through a mapping."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from pipeline.sources.base import ColumnFormat
from pipeline.sources.values import DateSum, add_days, parse_amount, parse_date_sum, write_amount

_GERMAN = ColumnFormat(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("text", "form", "amount"),
    [
        ("1234.50", ColumnFormat(), "1234.50"),
        (" -5 ", ColumnFormat(), "-5"),
        (".5", ColumnFormat(), "0.5"),
        ("1.234,56", _GERMAN, "1234.56"),
        ("1234,56", _GERMAN, "1234.56"),
        ("1 234.5", ColumnFormat(thousands=" "), "1234.5"),
        ("1'234.5", ColumnFormat(thousands="'"), "1234.5"),
    ],
)
def test_amounts(text: str, form: ColumnFormat, amount: str) -> None:
    assert parse_amount(text, form) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1,5", ColumnFormat()),
        ("1e5", ColumnFormat()),
        ("", ColumnFormat()),
        ("12.50", _GERMAN),
        ("NaN", ColumnFormat()),
        ("9" * 500, ColumnFormat()),
    ],
)
def test_what_is_no_amount(text: str, form: ColumnFormat) -> None:
    assert parse_amount(text, form) is None


def test_amounts_are_written_in_the_format_that_they_came_in() -> None:
    assert write_amount(Decimal("1E+3"), _GERMAN) == "1000"
    assert write_amount(Decimal("-0.10"), _GERMAN) == "-0,10"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("invoice_date + 30 days", DateSum("invoice_date", 30)),
        ("sent - 1 day", DateSum("sent", -1)),
        ("claim.sent+7 days", DateSum("claim.sent", 7)),
        ("invoice_date", None),
        ("invoice_date + 30", None),
        ("a b + 3 days", None),
    ],
)
def test_computed_dates_are_recognised(text: str, found: DateSum | None) -> None:
    assert parse_date_sum(text) == found


@pytest.mark.parametrize(
    ("text", "patterns", "zone", "day"),
    [
        ("2024-01-31", (), None, date(2024, 3, 1)),
        ("31.01.2024", ("%Y/%m/%d", "%d.%m.%Y"), None, date(2024, 3, 1)),
        # 30 days later New York has summer time: the day still is thirty days after the local day.
        ("2023-02-20T04:30:00Z", (), ZoneInfo("America/New_York"), date(2023, 3, 21)),
        ("2023-02-20T04:30:00Z", (), None, date(2023, 3, 22)),
        ("2024-13-01", (), None, None),
        ("9999-12-31", (), None, None),
    ],
)
def test_days_are_added_to_the_local_day(
    text: str, patterns: tuple[str, ...], zone: ZoneInfo | None, day: date | None
) -> None:
    assert add_days(text, 30, patterns, zone) == day
