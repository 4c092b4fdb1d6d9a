"""Work and pay of the hand-checked world's providers (tests/warehouse/practice.py), query by query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.cases import CaseSum, cases_page, cases_stream, cases_sum
from portal.queries.compensation import compensation, statements_stream
from portal.queries.insights import InsightsFilter, insights
from portal.queries.practice_days import (
    Unpaid,
    active_providers,
    colleagues,
    collected_of,
    operating_costs,
    posting_days,
    practice_days,
    unpaid,
    with_days,
)
from portal.queries.provider_month import provider_month
from portal.queries.providers import linked_providers, own_providers, provider_keys
from portal.queries.workload import WorkFilter, workload

Marts = Callable[[str], Connection]
BUSINESS_DATE = date(2026, 3, 31)
QUARTER = DateRange(date(2026, 1, 1), BUSINESS_DATE)
MARCH = DateRange(date(2026, 3, 1), BUSINESS_DATE)
DR_ONE = frozenset({("H1", "D1")})
DR_TWO = frozenset({("H1", "D2")})


@pytest.fixture
def connection(marts: Marts) -> Connection:
    """The live build, for H1."""
    return marts("H1")


def _keys(connection: Connection, links: frozenset[tuple[str, str]]) -> list[UUID]:
    found = provider_keys(connection, links)
    assert found
    return found


def _of_dr_one(connection: Connection, days: DateRange = MARCH) -> WorkFilter:
    return WorkFilter(days, "USD", _keys(connection, DR_ONE))


def test_who_may_be_read(connection: Connection) -> None:
    everyone = linked_providers(connection, None)
    assert [(one.provider_id, one.name) for one in everyone] == [("D3", "D3"), ("D1", "Dr One"), ("D2", "Dr Two")]
    assert [one.provider_id for one in linked_providers(connection, DR_TWO)] == ["D2"]
    assert own_providers(connection, DR_ONE | DR_TWO) == [("D1", "Dr One"), ("D2", "Dr Two")]


def test_keys_of_who_may_be_read(connection: Connection) -> None:
    assert provider_keys(connection, None) is None
    assert len(_keys(connection, DR_ONE | DR_TWO)) == 2
    assert provider_keys(connection, DR_ONE, "D1") == _keys(connection, DR_ONE)
    assert provider_keys(connection, DR_ONE, "D2") == []
    assert provider_keys(connection, frozenset({("H2", "D1")})) == []


def test_work_of_a_provider(connection: Connection) -> None:
    found = workload(connection, _of_dr_one(connection, QUARTER), BUSINESS_DATE)
    # 45, 62, 62, 5 and 7 minutes; T4 has none, T3 was taken back, T8 is tomorrow's.
    work = found.total
    assert (work.case_count, work.reversed_case_count, work.timed_case_count, work.minutes) == (6, 1, 5, 181)
    assert (work.units, work.billed, work.paid) == (8, Decimal("2200.25"), 40)
    assert [(share.cpt_code, share.case_count, share.billed) for share in found.mix[MARCH.start]] == [
        ("D0010", 3, 1500), ("D0020", 3, 600), ("D0099", 2, Decimal("100.25")),
    ]  # fmt: skip
    assert [(step.start.month, month.case_count) for step, month in found.months] == [(1, 0), (2, 0), (3, 6)]


def test_pay_beside_statements(connection: Connection) -> None:
    found = compensation(connection, _of_dr_one(connection, QUARTER), BUSINESS_DATE)
    # 200.00 + 175.72 + 116.83 + 164.14, T4 and T5 without any; the statement says 600 with 50 bonus, less 25.50.
    pay = found.total
    assert (pay.case_count, pay.uncalculated_case_count, pay.calculated) == (6, 2, Decimal("656.69"))
    assert (pay.gross_pay, pay.bonus, pay.net_pay, pay.difference) == (600, 50, Decimal("574.50"), Decimal("-56.69"))
    lines = list(statements_stream(connection, WorkFilter(QUARTER, "USD")))
    assert sorted((line.provider_id, line.month, line.calculated, line.gross_pay) for line in lines if line.month) == [
        ("D1", date(2026, 3, 1), Decimal("656.69"), 600),
        ("D2", date(2026, 1, 1), 0, 10),
        ("D2", date(2026, 2, 1), Decimal("109.20"), 0),
        ("D2", date(2026, 3, 1), Decimal("165.62"), 0),
        ("D3", date(2026, 3, 1), 0, 0),
    ]


def test_cases_and_their_sum(connection: Connection) -> None:
    asked = _of_dr_one(connection)
    every = list(cases_stream(connection, asked))
    assert sorted((case.ticket_number, case.case_date.day, case.amount) for case in every if case.amount) == [
        ("T1", 9, 200), ("T1", 10, Decimal("175.72")), ("T2", 12, Decimal("116.83")), ("T7", 13, Decimal("164.14")),
    ]  # fmt: skip
    assert [case.ticket_number for case in every if case.is_reversed] == ["T3"]
    assert cases_sum(connection, asked) == CaseSum(7, 6, 2, Decimal("656.69"), Decimal("2200.25"), Decimal(40))
    first = cases_page(connection, asked, page=1, limit=2)
    assert [(case.ticket_number, case.case_date.day, case.billed) for case in first] == [
        ("T1", 9, 300), ("T1", 10, Decimal("580.25")),
    ]  # fmt: skip
    assert len(cases_page(connection, asked, page=1, limit=50)) == 6
    dearest = cases_page(connection, asked, page=1, limit=3, sort="-amount")
    assert [case.amount for case in dearest] == [200, Decimal("175.72"), Decimal("164.14")]


def test_days_with_their_work_and_pay(connection: Connection) -> None:
    days = practice_days(connection, _of_dr_one(connection))
    assert [(one.day.day, one.case_count, one.minutes, one.billed, one.compensation) for one in days] == [
        (9, 1, 45, 300, 200),
        (10, 1, 62, Decimal("580.25"), Decimal("175.72")),
        (12, 3, 67, 1020, Decimal("116.83")),
        (13, 1, 7, 300, Decimal("164.14")),
    ]
    assert [one.uncalculated_case_count for one in days] == [0, 0, 2, 0]


def test_cases_without_a_payment(connection: Connection) -> None:
    # 300 of the 9th, T2 500, T4 500, T5 20, T7 300; 40 came for T1 of the 10th.
    assert unpaid(connection, _of_dr_one(connection)) == Unpaid(5, Decimal(1620), Decimal(40))


def test_how_soon_cases_are_posted(connection: Connection) -> None:
    """Only T1 of the 10th says when: the charge that was taken back was posted on the 11th."""
    assert posting_days(connection, _of_dr_one(connection)) == 1
    assert posting_days(connection, _of_dr_one(connection, DateRange(date(2026, 2, 1), date(2026, 2, 28)))) == 0


def test_who_had_cases_and_beside_whom(connection: Connection) -> None:
    assert active_providers(connection, WorkFilter(QUARTER, "USD")) == 3
    assert active_providers(connection, _of_dr_one(connection)) == 1
    (alone,) = colleagues(connection, _of_dr_one(connection))  # nobody else is in Cardiology
    assert (alone.case_count, alone.minutes, alone.compensation) == (6, 181, Decimal("656.69"))
    assert colleagues(connection, WorkFilter(MARCH, "USD")) == []


def test_costs_and_collections_of_the_same_providers(connection: Connection) -> None:
    assert operating_costs(connection, WorkFilter(QUARTER, "USD")) == {date(2026, 1, 1): Decimal("36.25")}
    assert operating_costs(connection, _of_dr_one(connection, QUARTER)) == {}
    # I01 with 40 of 100, I03 with 100.
    sums = collected_of(connection, _of_dr_one(connection, QUARTER))
    assert (sums.billed, sums.collected, sums.net_billed) == (200, 140, 200)


def test_the_same_providers_on_other_days(connection: Connection) -> None:
    asked = with_days(_of_dr_one(connection, QUARTER), DateRange(date(2026, 3, 10), date(2026, 3, 10)))
    assert [(one.day.day, one.billed) for one in practice_days(connection, asked)] == [(10, Decimal("580.25"))]


def test_the_month_of_a_provider(connection: Connection) -> None:
    month = provider_month(connection, _of_dr_one(connection))
    assert month is not None
    assert (month.pay.calculated, month.pay.gross_pay, len(month.cases)) == (Decimal("656.69"), 600, 6)
    assert provider_month(connection, _of_dr_one(connection, DateRange(date(2026, 1, 1), date(2026, 1, 31)))) is None


def test_what_a_practice_did_and_earned(connection: Connection) -> None:
    asked = InsightsFilter(_of_dr_one(connection), "compensation", "month", (date(2026, 2, 1), MARCH.start))
    found = insights(connection, asked, BUSINESS_DATE)
    assert (found.month.amount, found.year.amount, found.providers) == (Decimal("656.69"), Decimal("656.69"), 1)
    assert [side.figures.billed for side in found.side_by_side] == [0, Decimal("2200.25")]
    assert found.work.total.case_count == 6
    assert [alert.found for alert in found.alerts if alert.rule == "uncalculated_cases"] == [2]
    assert found.burn is None  # the costs are not Dr One's alone
    assert [line.value for line in found.benchmarks if line.benchmark == "net_collection_rate"] == [70]  # 140 of 200
