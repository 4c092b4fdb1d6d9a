"""Amounts, alerts and days in words; the rest of a case that was billed in parts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.analytics.alert_texts import sentence
from portal.analytics.anomalies import Alert
from portal.analytics.match_evidence import evidence
from portal.analytics.money import exact, hundredths, percent, plain, readable, rounded, unrounded
from portal.analytics.periods import DateRange
from portal.analytics.presets import presets
from portal.analytics.split_charges import is_incomplete, is_split, split_parts
from tests.unit.portal.test_matching import billed, logged

MARCH = DateRange(date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("amount", "currency", "written", "read"),
    [
        ("1234.505", "USD", "1234.51", "1,234.51"), ("-0.004", "USD", "0.00", "0.00"), ("-1234.5", "JPY", "-1235", "−1,235"),
        ("0.0005", "KWD", "0.001", "0.001"),
    ],
)  # fmt: skip
def test_halves_go_away_from_zero_in_the_digits_of_the_currency(
    amount: str, currency: str, written: str, read: str
) -> None:
    assert plain(Decimal(amount), currency) == written
    assert readable(Decimal(amount), currency) == read
    assert rounded(Decimal(amount), currency) == Decimal(written)


def test_what_rounding_would_change_keeps_its_three_decimals() -> None:
    assert str(unrounded(Decimal("1.005"), "USD")) == "1.005"
    assert str(unrounded(Decimal("1.500"), "USD")) == "1.50"


def test_shares_and_quantities() -> None:
    assert (percent(Decimal(2), Decimal(3)), percent(Decimal(2), Decimal(0))) == ("66.67", "0.00")
    assert (exact(Decimal("4.100")), exact(Decimal(12)), exact(Decimal(100))) == ("4.1", "12", "100")
    assert (hundredths(Decimal("0.125")), hundredths(Decimal("-0.001"))) == ("0.13", "0.00")


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (Alert("drop", MARCH, Decimal(28), Decimal(88), "cases"), "28 cases from 1 Mar 2026 to 31 Mar 2026, where 88 are usual."),
        (Alert("drop", MARCH, Decimal(28), Decimal(88), "paid"),
         "Paid 28.00 from 1 Mar 2026 to 31 Mar 2026, where 88.00 is usual."),
        (Alert("silent_days", DateRange(MARCH.start, MARCH.start), Decimal(1), Decimal(4)),
         "No case billed on 1 Mar 2026: 1 usual working day, which mostly have 4 cases together."),
    ],
)  # fmt: skip
def test_an_alert_is_a_sentence_with_its_evidence(alert: Alert, said: str) -> None:
    assert sentence(alert, "USD") == said


@pytest.mark.parametrize(
    ("today", "quarter", "before", "last_month"),
    [
        (date(2026, 3, 31), ("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31"), ("2026-02-01", "2026-02-28")),
        (date(2024, 4, 1), ("2024-04-01", "2024-04-01"), ("2024-01-01", "2024-03-31"), ("2024-03-01", "2024-03-31")),
    ],
)
def test_named_days_end_today_or_are_whole(
    today: date, quarter: tuple[str, str], before: tuple[str, str], last_month: tuple[str, str]
) -> None:
    found = {name: (days.start.isoformat(), days.end.isoformat()) for name, days in presets(today)}
    assert (found["This quarter"], found["Last quarter"], found["Last month"]) == (quarter, before, last_month)
    assert found["Year to date"] == (f"{today.year}-01-01", today.isoformat())
    assert found["Last year"] == (f"{today.year - 1}-01-01", f"{today.year - 1}-12-31")


def test_the_rest_of_a_case_is_what_offers_its_missing_codes_once() -> None:
    whole = evidence(logged("l", 2, "TK100234", "00790 36620 93503"))
    first = evidence(billed("a", 2, "TK100234", "00790"))
    rest, far = evidence(billed("b", 3, "TK100234", "36620 93503")), evidence(billed("c", 3, "ZZ1", "36620"))
    assert is_incomplete(whole, [first])
    assert not is_incomplete(whole, [first, rest])
    assert is_split(whole, [first, rest])
    assert not is_split(whole, [first, first])
    assert split_parts(whole, [first], {7: rest, 8: far}, 0) == (7,)
    twice = evidence(billed("d", 4, "TK100234", "36620"))
    assert split_parts(whole, [first], {7: rest, 9: twice}, 0) == ()  # both offer 36620: a person decides
