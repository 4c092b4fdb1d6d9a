"""Alerts of a practice: each rule fires on what it is for, and on nothing near it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from portal.analytics.anomalies import RULES, drops, silent_days, statement_difference
from portal.analytics.periods import DateRange
from portal.analytics.practice import PracticeDay

TODAY = date(2026, 11, 20)  # a Friday


def _practice(first: date, last: date, cases: int = 4, without: Iterable[date] = ()) -> list[PracticeDay]:
    """So many cases of 100.00 on each working day but ``without``."""
    days = (first + timedelta(days=past) for past in range((last - first).days + 1))
    return [
        PracticeDay(case_count=cases, paid=Decimal(100 * cases), compensation=Decimal(50 * cases), day=day)
        for day in days
        if day.weekday() < 5 and day not in set(without)
    ]


def _days(start: str, end: str) -> list[date]:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return [first + timedelta(days=past) for past in range((last - first).days + 1)]


def test_a_steady_practice_raises_nothing() -> None:
    days = _practice(date(2025, 1, 1), TODAY)
    assert list(drops(days, ("cases", "paid"), TODAY)) == []
    assert list(silent_days(days, TODAY, 0)) == []


def test_a_month_that_fell_is_told_with_what_is_usual() -> None:
    days = _practice(date(2025, 1, 1), TODAY, without=_days("2026-10-12", "2026-10-31"))
    (alert,) = drops(days, ("cases",), TODAY)
    # October had 7 working days of its 22; the twelve months before had 20 to 23, half of them 22 and more.
    assert (alert.rule, alert.days, alert.found) == ("drop", DateRange(date(2026, 10, 1), date(2026, 10, 31)), 28)
    assert alert.usual == 88
    assert alert.measure == "cases"


def test_the_running_month_is_judged_by_its_days_so_far() -> None:
    days = _practice(date(2025, 1, 1), TODAY, without=_days("2026-11-01", "2026-11-13"))
    assert [alert.days for alert in drops(days, ("paid",), TODAY)] == [DateRange(date(2026, 11, 1), TODAY)]
    early = date(2026, 11, 6)
    assert list(drops([day for day in days if day.day <= early], ("paid",), early)) == []  # too soon to say


def test_a_slow_month_of_an_uneven_practice_is_usual() -> None:
    # Every other month is half of the one before: October's half is nothing unusual.
    days = [
        day
        for day in _practice(date(2025, 1, 1), TODAY)
        if day.day.month % 2 or day.day.day <= 15
    ]  # fmt: skip
    assert list(drops(days, ("cases",), date(2026, 10, 31))) == []


@pytest.mark.parametrize("first", [date(2026, 6, 1), date(2026, 10, 1)])
def test_a_young_practice_is_not_judged(first: date) -> None:
    days = _practice(first, TODAY, without=_days("2026-10-12", "2026-10-31"))
    assert list(drops(days, ("cases",), TODAY)) == []


def test_usual_working_days_without_cases_are_one_stretch() -> None:
    days = _practice(date(2026, 1, 1), TODAY, without=_days("2026-10-08", "2026-10-13"))
    (alert,) = silent_days(days, TODAY, 0)
    # Thursday, Friday, Monday, Tuesday: the weekend between does not end it.
    assert (alert.days, alert.found, alert.usual) == (DateRange(date(2026, 10, 8), date(2026, 10, 13)), 4, 16)


def test_days_that_billing_may_still_post_are_left_alone() -> None:
    days = _practice(date(2026, 1, 1), TODAY, without=_days("2026-11-16", "2026-11-20"))
    assert [alert.found for alert in silent_days(days, TODAY, 0)] == [5]
    assert [alert.found for alert in silent_days(days, TODAY, 3)] == [2]
    assert list(silent_days(days, TODAY, 5)) == []


def test_a_day_of_the_week_that_is_rarely_worked_is_not_missed() -> None:
    mondays = [day for day in _days("2026-01-01", "2026-11-20") if day.weekday() == 0]
    days = _practice(date(2026, 1, 1), TODAY, without=mondays[::3])
    assert list(silent_days(days, TODAY, 0)) == []
    assert list(silent_days([], TODAY, 0)) == []


def test_a_statement_within_ten_percent_is_let_pass() -> None:
    month = DateRange(date(2026, 10, 1), date(2026, 10, 31))
    assert list(statement_difference("Dr One", month, Decimal(1000), Decimal(1100))) == []
    (alert,) = statement_difference("Dr One", month, Decimal(1000), Decimal("899.99"))
    assert (alert.found, alert.usual, alert.amount, alert.provider) == (
        Decimal("899.99"), 1000, Decimal("-100.01"), "Dr One",
    )  # fmt: skip
    assert RULES[alert.rule]
