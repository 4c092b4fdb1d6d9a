"""What came since a dispute was sent, what disputes add up to, until when a claim may be filed, and how lists are sorted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.analytics.deadlines import DEFAULT_DAYS, FilingLimits
from portal.analytics.disputes import Figures, Proposal, State, add_up, proposed
from portal.analytics.ordering import ordered

PAYER, OTHER = UUID(int=1), UUID(int=2)


def _figures(billed: int, paid: int) -> Figures:
    return Figures(Decimal(billed), Decimal(paid))


@pytest.mark.parametrize(
    ("before", "now", "recovered", "expected"),
    [
        ((0, 0), None, 0, None),
        ((0, 0), (0, 0), 0, None),
        ((0, 0), (300, 0), 0, (300, False)),
        ((0, 0), (300, 120), 0, (120, True)),
        ((0, 0), (300, 120), 120, None),  # noted already; what is billed above the payment is nothing more to come
        ((0, 0), (300, 120), 100, (20, True)),
        ((500, 80), (500, 80), 0, None),
        ((500, 80), (620, 80), 0, (120, False)),
        ((500, 80), (400, 60), 0, None),
        ((0, 0), (300, 0), 300, None),
    ],
)
def test_what_came_since_is_proposed_once(
    before: tuple[int, int], now: tuple[int, int] | None, recovered: int, expected: tuple[int, bool] | None
) -> None:
    found = proposed(_figures(*before), _figures(*now) if now else None, Decimal(recovered))
    assert found == (Proposal(Decimal(expected[0]), is_paid=expected[1]) if expected else None)


@dataclass(frozen=True)
class _Dispute:
    state: State
    claimed: Decimal | None
    recovered: Decimal


def test_withdrawn_disputes_are_left_out_of_the_sums() -> None:
    sums = add_up(
        [
            _Dispute("sent", Decimal(40), Decimal(0)),
            _Dispute("answered", Decimal(100), Decimal(30)),
            _Dispute("answered", Decimal(10), Decimal(30)),  # more came than was asked for: nothing is open
            _Dispute("sent", None, Decimal(0)),
            _Dispute("recovered", Decimal(70), Decimal(60)),
            _Dispute("withdrawn", Decimal(1000), Decimal(5)),
        ]
    )
    assert (sums.sent, sums.sent_amount, sums.unpriced) == (5, 220, 1)
    assert (sums.recovered, sums.recovered_amount) == (3, 120)
    assert (sums.open, sums.open_amount) == (4, 110)


def test_a_deadline_is_of_the_payer_else_the_hospital_else_assumed() -> None:
    limits = FilingLimits({("H1", PAYER): 30, ("H1", None): 60})
    case, today = date(2026, 3, 1), date(2026, 3, 31)

    def found(hospital: str, payer: UUID | None) -> tuple[date, int, str]:
        one = limits.deadline(hospital, payer, case, today)
        return one.day, one.days_left, one.basis

    assert found("H1", PAYER) == (date(2026, 3, 31), 0, "payer")
    assert found("H1", OTHER) == (date(2026, 4, 30), 30, "hospital")
    assert found("H1", None) == (date(2026, 4, 30), 30, "hospital")
    assert found("H2", PAYER) == (date(2026, 5, 30), DEFAULT_DAYS - 30, "default")


@pytest.mark.parametrize(
    ("days", "past", "soon"), [(29, True, False), (30, False, True), (44, False, True), (45, False, False)]
)
def test_the_last_day_itself_is_not_past(days: int, past: bool, soon: bool) -> None:
    one = FilingLimits({("H1", None): days}).deadline("H1", None, date(2026, 3, 1), date(2026, 3, 31))
    assert (one.is_past, one.is_soon) == (past, soon)


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 5)), st.integers())))
def test_sorting_loses_nothing_and_puts_what_has_no_value_last(found: list[tuple[int | None, int]]) -> None:
    keys = {"value": lambda row: row[0]}
    up, down = ordered(found, "value", keys), ordered(found, "-value", keys)
    assert sorted(map(str, up)) == sorted(map(str, down)) == sorted(map(str, found))
    for rows, turned in ((up, False), (down, True)):
        values = [row[0] for row in rows if row[0] is not None]
        assert values == sorted(values, reverse=turned)
        assert all(row[0] is None for row in rows[len(values) :])
