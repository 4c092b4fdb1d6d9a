"""The audit's figures by hand: what missing cases are worth, and which differences count."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.analytics.billing_audit import compare_case_logs, generate_audit_report
from portal.analytics.case_history import History, code_set
from portal.analytics.cases import Audited, BilledCase, LoggedCase
from portal.analytics.periods import DateRange
from tests.unit.portal.test_matching import billed, logged


def report(left: list[LoggedCase], right: list[BilledCase], days: DateRange | None = None):
    return generate_audit_report(compare_case_logs(Audited(left, right)), History(right), days)


def usual(amounts: str, codes: str = "00790") -> list[BilledCase]:
    return [billed(f"h{number}", 20, f"H{number}", codes, amount=text) for number, text in enumerate(amounts.split())]


@pytest.mark.parametrize(
    ("codes", "amount", "basis"),
    [
        ("00790", "120", "median of 3 paid cases with 00790"),
        ("00790 36620", "200", "median of 4 paid cases that have 36620"),
        ("99999", "180", "median of all 7 paid cases"),
        ("", "180", "median of all 7 paid cases"),
    ],
)
def test_income_of_a_missing_case_is_the_median_of_what_is_nearest(codes: str, amount: str, basis: str):
    history = History([*usual("100 120 150"), *usual("180 190 210 400", "36620"), billed("n", 1, "N", amount="0")])
    found = history.calculate_expected_income("P1", code_set(codes.split()))
    assert found is not None
    assert (found.amount, found.basis) == (Decimal(amount), basis)


def test_income_is_not_made_up_where_nothing_was_ever_paid():
    found = report([logged("l", 2, "T1")], [])
    assert found.missing[0].expected is None
    assert (found.summary.missing_without_income, found.summary.missing_income) == (1, Decimal(0))


def test_what_is_reversed_is_no_history():
    assert History([billed("b", 1, "T", is_reversed=True)]).calculate_expected_income("P1", frozenset()) is None


@pytest.mark.parametrize(("amount", "counts"), [("110", 0), ("110.01", 1), ("90", 0), ("89.99", 1)])
def test_an_amount_counts_from_more_than_ten_percent_off_the_usual(amount: str, counts: int):
    found = report([logged("l", 2, "T1")], [billed("b", 2, "T1", amount=amount), *usual("100 100 100 100")])
    assert len(found.discrepancies) == counts
    if counts:
        (one,) = found.discrepancies[0].differences
        assert one.what == "amount"
        assert "the usual (median of 5 cases with 00790)" in one.words
        assert found.discrepancies[0].amount_difference == Decimal(amount) - 100


def test_amounts_that_vary_anyway_say_nothing():
    found = report([logged("l", 2, "T1")], [billed("b", 2, "T1", amount="900"), *usual("100 200 300 400 500")])
    assert not found.discrepancies


@pytest.mark.parametrize(
    ("left", "right", "what", "words"),
    [
        (logged("l", 2, "T1", "00790 36620"), billed("b", 2, "T1"), "codes", "not billed: 36620"),
        (logged("l", 2, "T1"), billed("b", 2, "T1", "00790 36620"), "codes", "not logged: 36620"),
        (logged("l", 2, "T1"), billed("b", 3, "T1"), "date", "billed for 2026-03-03"),
        (logged("l", 2, "T1", minutes=Decimal(100)), billed("b", 2, "T1", minutes=Decimal(89)), "minutes",
         "100 minutes logged, 89 billed"),
    ],
)  # fmt: skip
def test_codes_day_and_minutes_that_differ(left: LoggedCase, right: BilledCase, what: str, words: str):
    (found,) = report([left], [right]).discrepancies
    assert [(one.what, one.words) for one in found.differences] == [(what, words)]


def test_minutes_within_ten_percent_do_not_count():
    left, right = logged("l", 2, "T1", minutes=Decimal(100)), billed("b", 2, "T1", minutes=Decimal(90))
    assert not report([left], [right]).discrepancies


def test_charges_split_over_tickets_are_judged_together():
    left = logged("l", 2, "T1", "00790 36620")
    found = report([left], [billed("b1", 2, "T1"), billed("b2", 2, "T2", "36620")])
    assert found.summary.matched == 1
    assert not found.discrepancies


def test_expected_against_actual_adds_up():
    left = [logged("l1", 2, "T1"), logged("l2", 3, "T2", "01402"), logged("l3", 5, "T3")]
    right = [billed("b1", 2, "T1"), billed("b4", 6, "T999", "01402", amount="70"), *usual("100 100")]
    found = report(left, right, DateRange(date(2026, 3, 1), date(2026, 3, 15)))
    summary = found.summary
    assert (summary.logged, summary.billed, summary.matched, summary.verified) == (3, 2, 1, 1)
    assert (summary.missing, summary.unexpected, summary.ambiguous) == (2, 1, 0)
    assert (summary.missing_income, summary.unexpected_billed) == (Decimal(200), Decimal(70))
    assert (summary.billed_amount, summary.paid_amount) == (Decimal(170), Decimal(170))


def test_only_the_days_that_are_asked_for_are_reported():
    found = report([logged("l1", 2, "T1"), logged("l2", 9, "T2")], [], DateRange(date(2026, 3, 9), date(2026, 3, 9)))
    assert [one.logged.key for one in found.missing] == ["l2"]
