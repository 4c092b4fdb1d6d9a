"""Why a statement says something else than was calculated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from portal.analytics.pay_differences import CAUSES, Explanation, PaidCase, explain

END = date(2026, 3, 31)
CASES = [
    PaidCase("T1", date(2026, 3, 9), Decimal("175.72"), date(2026, 3, 11)),
    PaidCase("T2", date(2026, 3, 12), Decimal("116.83"), date(2026, 3, 20)),
    PaidCase("T3", date(2026, 3, 30), Decimal("40.00"), date(2026, 4, 2)),
    PaidCase("T4", date(2026, 3, 12), None, None),
]
amounts = st.decimals(-500, 500, places=2)


def test_a_bonus_is_in_the_gross_and_in_no_calculation() -> None:
    assert explain(Decimal(50), Decimal(50), END, CASES) == [Explanation("bonus", Decimal(50))]


def test_the_pay_of_one_case_and_late_cases_are_hints() -> None:
    found = explain(Decimal("-116.83"), Decimal(0), END, CASES)
    assert found == [
        Explanation("rest", Decimal("-116.83")),
        Explanation("posted_later", Decimal("-40.00"), 1),
        Explanation("one_case", Decimal("-116.83"), 1, "T2"),
    ]


def test_more_than_calculated_may_be_cases_without_calculation() -> None:
    assert explain(Decimal(20), Decimal(0), END, CASES) == [
        Explanation("rest", Decimal(20)),
        Explanation("uncalculated", None, 1),
    ]


@given(amounts, amounts)
def test_bonus_and_rest_are_the_difference(difference: Decimal, bonus: Decimal) -> None:
    found = explain(difference, bonus, END, CASES)
    certain = [part.amount or Decimal(0) for part in found if part.cause in ("bonus", "rest")]
    assert sum(certain, Decimal(0)) == difference
    assert bool(found) == (difference != 0)
    assert {part.cause for part in found} <= set(CAUSES)
