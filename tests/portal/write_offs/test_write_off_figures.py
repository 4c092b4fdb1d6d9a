"""Figures of the workflow, against sets that can be reckoned by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from portal import builds
from portal.analytics.periods import DateRange
from portal.models import db
from portal.queries.write_off_figures import WorkflowFigures, workflow_figures
from tests.portal import world
from warehouse.engine import connect

MARCH = DateRange(date(2026, 3, 1), date(2026, 3, 31))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOTHING = WorkflowFigures(0, 0, 0, 0, 0, 0, None, None)


@pytest.fixture(autouse=True)
def people(app: Flask) -> None:
    """An accountant who asks and an administrator who decides, users 1 and 2; H2 keeps its books in Auckland."""
    world.add_user(app, "accountant", ("H1", "H2"))
    world.add_user(app, "hospital_admin", ("H1", "H2"))
    with connect("owner") as connection:
        connection.execute("update marts_b1.dim_hospitals set timezone = 'Pacific/Auckland' where hospital_id = 'H2'")


def add(
    status: str,
    hours: str | None = None,
    at: datetime = NOON,
    hospital: str = "H1",
    currency: str = "USD",
    kind: str = "write_off",
) -> None:
    """A request, decided after so many hours."""
    decided = None if hours is None else at + timedelta(seconds=int(Decimal(hours) * 3600))
    with connect("owner") as connection:
        row = connection.execute("select min(id) from portal.write_offs").fetchone()
        connection.execute(
            "insert into portal.write_offs (kind, reverses_id, hospital_id, source_name, invoice_id, currency, amount, category,"
            " reason, status, requested_by, created_at, decided_by, decided_at)"
            " values (%s, %s, %s, 'main', 'I1', %s, 5, 'OTHER', 'agreed', %s, 1, %s, %s, %s)",
            [
                kind,
                row[0] if row and kind == "reversal" else None,
                hospital,
                currency,
                status,
                at,
                decided and 2,
                decided,
            ],
        )


def figures(app: Flask, days: DateRange = MARCH, hospitals: tuple[str, ...] = ("H1", "H2")) -> WorkflowFigures:
    """The figures of these hospitals in USD."""
    with app.app_context(), db.engine.begin() as connection:
        builds.pin_newest(connection, hospitals)
        return workflow_figures(connection, days, "USD")


def test_a_set_by_hand(app: Flask) -> None:
    for status, hours in (
        ("PENDING", None), ("PENDING", None), ("APPROVED", "1"), ("APPROVED", "30"), ("REVERSED", "2.5"), ("REJECTED", "4"),
        ("REJECTED", "100"), ("APPROVED", "3.2"), ("CANCELLED", "0.1"), ("CANCELLED", "500"),
    ):  # fmt: skip
        add(status, hours)
    add("APPROVED", "0.5", currency="EUR")
    add("PENDING", kind="reversal")
    # Approved or taken back since: 4 of 6. Waits: 1, 2.5, 3.2, 4, 30, 100; the middle of 3.2 and 4 is 3.6.
    assert figures(app) == WorkflowFigures(10, 2, 3, 2, 2, 1, Decimal("66.67"), Decimal("3.6"))


@pytest.mark.parametrize(
    ("waits", "median"),
    [
        (["7"], "7.0"),
        (["1", "2"], "1.5"),
        (["9", "1", "2"], "2.0"),
        (["0.1", "0.2"], "0.2"),
        (["1.24", "1.26", "9", "0"], "1.3"),
    ],
)
def test_the_median_is_the_middle_rounded_half_up(app: Flask, waits: list[str], median: str) -> None:
    for hours in waits:
        add("REJECTED", hours)
    found = figures(app)
    assert (str(found.median_hours), found.approval_rate) == (median, Decimal(0))


def test_nothing_decided_has_no_rate_and_no_median(app: Flask) -> None:
    assert figures(app) == NOTHING
    add("PENDING")
    add("CANCELLED", "3")
    assert figures(app) == WorkflowFigures(2, 1, 0, 0, 1, 0, None, None)


def test_days_are_those_of_the_hospital(app: Flask) -> None:
    last = datetime(2026, 3, 31, 11, 30, tzinfo=UTC)  # 1 April, 00:30 in Auckland
    add("PENDING", at=last)
    add("PENDING", at=last, hospital="H2")
    add("PENDING", at=datetime(2026, 2, 28, 11, 30, tzinfo=UTC), hospital="H2")  # 1 March there
    assert (figures(app).requests, figures(app, hospitals=("H1",)).requests) == (2, 1)
    april = DateRange(date(2026, 4, 1), date(2026, 4, 1))
    assert (figures(app, april).requests, figures(app, april, ("H1",)).requests) == (1, 0)
