"""Calendar and amounts of the reports: ISO weeks, clipped periods, like for like, half up, the currency's digits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.analytics.money import percent, plain, readable
from portal.analytics.periods import DateRange, Granularity, compared, count_periods, month_to_date, periods

FAR = date(2100, 1, 1)
DAYS = st.dates(date(1999, 1, 1), date(2031, 1, 1))


def _range(start: str, end: str) -> DateRange:
    return DateRange(date.fromisoformat(start), date.fromisoformat(end))


def test_weeks_start_on_mondays_across_the_year_and_clipped_ones_are_partial() -> None:
    found = list(periods(_range("2025-12-30", "2026-01-11"), "week", FAR))
    assert [(period.start.isoformat(), period.partial) for period in found] == [
        ("2025-12-29", True),
        ("2026-01-05", False),
    ]
    assert found[0].shown == _range("2025-12-30", "2026-01-04")


def test_a_period_that_the_business_date_cuts_is_partial() -> None:
    found = list(periods(_range("2026-02-01", "2026-03-31"), "month", date(2026, 3, 30)))
    assert [period.partial for period in found] == [False, True]


@given(DAYS, st.integers(0, 800), st.sampled_from(["day", "week", "month"]))
def test_periods_cover_the_range_once_without_gaps(start: date, length: int, granularity: Granularity) -> None:
    days = DateRange(start, start + timedelta(days=length))
    found = list(periods(days, granularity, FAR))
    assert (found[0].shown.start, found[-1].shown.end) == (days.start, days.end)
    assert all(one.shown.end + timedelta(days=1) == other.shown.start for one, other in pairwise(found))
    assert len(found) == count_periods(days, granularity)


@pytest.mark.parametrize(
    ("days", "to", "granularity", "business_date", "expected"),
    [
        # The two examples of the rule: 30 March against 1-28 February, 29 February against 28 February.
        (("2026-03-01", "2026-03-30"), "previous", "day", "2026-03-30", ("2026-02-01", "2026-02-28")),
        (("2024-02-29", "2024-02-29"), "year", "day", "2024-02-29", ("2023-02-28", "2023-02-28")),
        (("2026-03-01", "2026-03-15"), "previous", "day", "2026-03-15", ("2026-02-01", "2026-02-15")),
        (("2026-03-01", "2026-03-31"), "previous", "month", "2026-03-31", ("2026-02-01", "2026-02-28")),
        (("2026-02-01", "2026-02-28"), "previous", "month", "2026-03-31", ("2026-01-01", "2026-01-31")),
        (("2026-01-01", "2026-03-31"), "previous", "month", "2026-03-31", ("2025-10-01", "2025-12-31")),
        # The days after the business date are not compared.
        (("2026-03-01", "2026-03-31"), "previous", "day", "2026-03-10", ("2026-02-01", "2026-02-10")),
        (("2025-02-01", "2025-02-28"), "year", "month", "2026-03-31", ("2024-02-01", "2024-02-29")),
        (("2026-03-01", "2026-03-10"), "year", "day", "2026-03-10", ("2025-03-01", "2025-03-10")),
        # A running week meets the same weekdays, other ranges as many days before.
        (("2026-03-09", "2026-03-11"), "previous", "week", "2026-03-11", ("2026-03-02", "2026-03-04")),
        (("2026-03-09", "2026-03-22"), "previous", "week", "2026-03-31", ("2026-02-23", "2026-03-08")),
        (("2026-03-05", "2026-03-11"), "previous", "day", "2026-03-31", ("2026-02-26", "2026-03-04")),
        (("2026-01-01", "2026-01-01"), "previous", "day", "2026-01-01", ("2025-12-01", "2025-12-01")),
    ],
)
def test_like_is_compared_with_like(
    days: tuple[str, str], to: str, granularity: Granularity, business_date: str, expected: tuple[str, str]
) -> None:
    found = compared(_range(*days), to, granularity, date.fromisoformat(business_date))  # type: ignore[arg-type]
    assert found == _range(*expected)


@given(DAYS, st.integers(0, 400), st.sampled_from(["day", "week", "month"]))
def test_the_former_days_come_before_and_are_never_more_than_a_month_end_apart(
    start: date, length: int, granularity: Granularity
) -> None:
    days = DateRange(start, start + timedelta(days=length))
    former = compared(days, "previous", granularity, FAR)
    assert former.end < days.start
    assert abs(former.days - days.days) <= 3 * (length // 28 + 1)


def test_without_dates_the_month_up_to_the_business_date() -> None:
    assert month_to_date(date(2026, 3, 10)) == _range("2026-03-01", "2026-03-10")


@pytest.mark.parametrize(
    ("amount", "currency", "text", "shown"),
    [
        ("1234.5", "USD", "1234.50", "1,234.50"),
        ("0.005", "USD", "0.01", "0.01"),
        ("-0.005", "USD", "-0.01", "\u22120.01"),
        ("2.5", "JPY", "3", "3"),
        ("1234567.8905", "KWD", "1234567.891", "1,234,567.891"),
        ("-0.001", "EUR", "0.00", "0.00"),
        ("99999999999999.995", "USD", "100000000000000.00", "100,000,000,000,000.00"),
    ],
)
def test_amounts_have_the_currencys_digits_rounded_half_up(amount: str, currency: str, text: str, shown: str) -> None:
    assert (plain(Decimal(amount), currency), readable(Decimal(amount), currency)) == (text, shown)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [("1", "3", "33.33"), ("2", "3", "66.67"), ("-260", "300", "-86.67"), ("5", "0", "0.00"), ("0", "7", "0.00")],
)
def test_rates_are_percent_with_two_decimals_and_0_of_nothing(part: str, whole: str, expected: str) -> None:
    assert percent(Decimal(part), Decimal(whole)) == expected
