"""Where a year will end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from portal.analytics.practice import PracticeDay
from portal.analytics.projection import Projection, year_end


def _daily(first: date, last: date, amount: int = 10) -> list[PracticeDay]:
    days = (first + timedelta(days=past) for past in range((last - first).days + 1))
    return [PracticeDay(case_count=1, compensation=Decimal(amount), day=day) for day in days]


def _monthly(first: date, months: int, amount: int = 300) -> list[PracticeDay]:
    starts = [
        date(first.year + (first.month - 1 + past) // 12, (first.month - 1 + past) % 12 + 1, 1)
        for past in range(months)
    ]
    return [PracticeDay(case_count=3, compensation=Decimal(amount), day=start) for start in starts]


def test_a_steady_year_goes_on_as_it_was() -> None:
    end = year_end(_monthly(date(2024, 1, 1), 34), "compensation", date(2026, 11, 1), "USD")
    # September is the last closed month on 1 November: nine of 300.00 came, three more are expected.
    assert end is not None
    assert (end.amount, end.closed_to) == (3600, date(2026, 9, 30))
    assert {(band.low, band.high) for band in end.bands} == {(3600, 3600)}


def test_it_is_never_below_what_has_come() -> None:
    days = [*_monthly(date(2025, 1, 1), 22), PracticeDay(compensation=Decimal(9_000), day=date(2026, 11, 2))]
    end = year_end(days, "compensation", date(2026, 11, 20), "USD")
    assert end is not None
    assert end.amount == 3_000 + 9_000
    assert all(band.low >= end.amount for band in end.bands)


def test_cases_are_whole() -> None:
    days = [day for day in _daily(date(2024, 1, 1), date(2026, 6, 20)) if day.day.toordinal() % 3]
    end = year_end(days, "cases", date(2026, 6, 20), "USD")
    assert end is not None
    assert end.amount == end.amount.to_integral_value()
    assert Decimal(235) < end.amount < Decimal(252)


@pytest.mark.parametrize(
    ("days", "measure", "today"),
    [
        ([], "compensation", date(2026, 6, 20)),
        (_monthly(date(2024, 1, 1), 30), "paid", date(2026, 6, 20)),
        (_monthly(date(2026, 6, 1), 1), "compensation", date(2026, 6, 20)),
        (_monthly(date(2024, 1, 1), 24), "compensation", date(2026, 1, 3)),
    ],
    ids=["nothing", "what was paid", "no closed month", "the year before is not closed"],
)
def test_where_nothing_can_be_said_nothing_is(days: list[PracticeDay], measure: str, today: date) -> None:
    assert year_end(days, measure, today, "USD") is None  # type: ignore[arg-type]


def test_in_january_the_whole_year_is_expected() -> None:
    end = year_end(_monthly(date(2024, 1, 1), 24), "compensation", date(2026, 1, 20), "USD")
    assert isinstance(end, Projection)
    assert (end.amount, end.closed_to) == (3600, None)
