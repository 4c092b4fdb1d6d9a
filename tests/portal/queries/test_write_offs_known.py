"""Requests for write-offs on the hand-checked world: 40 of I10 and 30 of I02 approved, 12.34 of I06 refused, 7.50 of I09 wait.

The build has one more: J5, 100 of I12 on 15 February.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.small_balances import SmallBalanceFilter, small_balances
from portal.queries.write_off_figures import WorkflowFigures, workflow_figures
from portal.queries.write_off_reconciliation import (
    reconciliation_page,
    reconciliation_stream,
    reconciliation_sums,
)
from portal.queries.write_offs import (
    WaitingRequests,
    WriteOffFilter,
    added,
    find_write_off,
    requested_sums,
    waiting_requests,
    write_off_summary,
    write_offs_count,
    write_offs_page,
    write_offs_stream,
)
from tests.portal import world
from tests.portal.reports_world import reading

Marts = Callable[[str], Connection]
QUARTER = DateRange(date(2026, 1, 1), date(2026, 3, 31))
EVERY = WriteOffFilter()
BAD_DEBT = WriteOffFilter(category="BAD_DEBT")


@pytest.fixture
def connection(decided_marts: Marts) -> Connection:
    """The world in which was decided, for H1."""
    return decided_marts("H1")


def test_requests_by_status(connection: Connection) -> None:
    found = {line.name: (line.amount, line.count) for line in requested_sums(connection, EVERY)}
    assert found == {"APPROVED": (70, 2), "REJECTED": (Decimal("12.34"), 1), "PENDING": (Decimal("7.50"), 1)}
    of_debt = {line.name: line.amount for line in requested_sums(connection, BAD_DEBT)}
    assert of_debt == {"APPROVED": 70, "PENDING": Decimal("7.50")}


def test_what_waits_and_for_whom(connection: Connection) -> None:
    (pending,) = write_offs_page(connection, WriteOffFilter(status="PENDING"), page=1, limit=50)
    waiting = Decimal("7.50")
    assert waiting_requests(connection, pending.requested_by_id) == [WaitingRequests("USD", waiting, 1, 0)]
    assert waiting_requests(connection, pending.requested_by_id + 1) == [WaitingRequests("USD", waiting, 1, 1)]


def test_requests_newest_first(connection: Connection) -> None:
    found = list(write_offs_stream(connection, EVERY))
    assert [(one.invoice_id, one.amount, one.status) for one in found] == [
        ("I09", Decimal("7.50"), "PENDING"), ("I06", Decimal("12.34"), "REJECTED"),
        ("I02", 30, "APPROVED"), ("I10", 40, "APPROVED"),
    ]  # fmt: skip
    assert [one.invoice_id for one in write_offs_page(connection, EVERY, page=2, limit=3)] == ["I10"]
    assert (write_offs_count(connection, EVERY), write_offs_count(connection, BAD_DEBT)) == (4, 3)


def test_one_request(connection: Connection) -> None:
    newest = next(iter(write_offs_stream(connection, EVERY)))
    second = find_write_off(connection, newest.id - 2)
    assert second is not None
    # 70 of I02's 100 are left.
    assert (second.invoice_id, second.invoice_total, second.invoice_balance, second.approved_by) == (
        "I02", 100, 70, "admin@clinic.org",
    )  # fmt: skip
    assert find_write_off(connection, newest.id + 1) is None


def test_what_was_written_off(connection: Connection) -> None:
    summary = write_off_summary(connection, QUARTER, "USD")
    assert summary.total == (170, 3)
    assert (summary.of_category("BAD_DEBT"), summary.of_category("OTHER")) == ((70, 2), (100, 1))
    assert summary.of_status("REJECTED") == (Decimal("12.34"), 1)
    assert added(summary.sums) == (Decimal("189.84"), 5)


def test_what_became_of_requests(connection: Connection) -> None:
    # Two of three decided; each at once.
    assert workflow_figures(connection, QUARTER, "USD") == WorkflowFigures(
        4, 1, 2, 1, 0, 0, Decimal("66.67"), Decimal(0)
    )
    assert workflow_figures(connection, DateRange(date(2026, 3, 1), date(2026, 3, 30)), "USD").requests == 0


@pytest.fixture(scope="module")
def compared(module_database: str) -> str:
    """A build of 10 March in which 50 were not posted, of 50 only 45, 20 without a request, and 100 as decided."""
    world.publish()
    lines = [
        # reconciliation, origin, our reference or theirs, posting, effective on, amount, posted
        ("not posted", "daybook", "DAYBOOK-WO-7", None, date(2026, 3, 1), 50, None),
        ("amount differs", "daybook", "DAYBOOK-WO-8", "B8", date(2026, 3, 3), 50, 45),
        ("not requested", "billing system", "B6", "B6", date(2026, 2, 20), 20, 20),
        ("confirmed", "daybook", "DAYBOOK-WO-1", "B1", date(2026, 3, 1), 100, 100),
        ("not posted", "daybook", "DAYBOOK-WO-9", None, date(2026, 3, 11), 70, None),  # after the business date
    ]
    names = ("reconciliation", "origin", "write_off_id", "posting_id", "effective_date", "amount", "posted_amount")
    usual = {"hospital_id": "H1", "source_name": "main", "currency": "USD", "category": "BAD_DEBT", "invoice_id": "V1"}
    world.fill("fct_write_offs", [dict(zip(names, line, strict=True)) | usual for line in lines])
    return module_database


def test_what_differs_from_the_billing_system(compared: str) -> None:
    with reading(compared) as connect_for:
        connection = connect_for("H1")
        sums = {one.difference: (one.count, one.amount) for one in reconciliation_sums(connection, "USD")}
        assert sums == {"not requested": (1, 20), "not posted": (1, 50), "amount differs": (1, 50)}
        found = list(reconciliation_stream(connection, "USD", None))
        assert [(one.write_off_id, one.decided, one.posted, one.age_days, one.request) for one in found] == [
            ("B6", None, 20, 18, None), ("DAYBOOK-WO-7", 50, None, 9, 7), ("DAYBOOK-WO-8", 50, 45, 7, 8),
        ]  # fmt: skip
        assert reconciliation_page(connection, "USD", None, page=2, limit=2) == found[2:]
        assert list(reconciliation_stream(connection, "USD", "not posted")) == found[1:2]
        assert list(reconciliation_stream(connect_for("H2"), "USD", None)) == []


@pytest.mark.parametrize(
    ("most", "days", "amounts"),
    [
        # I01 60, I17 70, I02 70 of 100; I18 45 is not due.
        ("70", 1, {"I01": 60, "I17": 70, "I02": 70}),
        ("60", 0, {"I01": 60, "I18": 45}),
        ("50", 1, {}),
    ],
)
def test_what_little_is_open(most: str, days: int, amounts: dict[str, int], connection: Connection) -> None:
    asked = SmallBalanceFilter("H1", "USD", Decimal(most), days)
    found = small_balances(connection, asked, Decimal(100))
    assert {one.invoice_id: one.amount for one in found} == amounts
    assert sorted(amounts.values()) == sorted(one.balance for one in found)
    assert small_balances(connection, asked, Decimal(1)) == []  # more than the hospital allows
