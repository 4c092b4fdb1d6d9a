"""The roll-forward with what was decided since the build: it ends on what the aging report says is owed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from portal import builds
from portal.analytics.periods import DateRange
from portal.models import db
from portal.queries.accounting import Movement, roll_forward
from portal.queries.aging import aging
from portal.queries.open_items import AgingFilter
from tests.portal.write_offs.desk import Desk
from tests.warehouse.world import BUSINESS_DATE

APRIL = datetime(2026, 4, 2, 15, tzinfo=UTC)


def _months(hospital: str = "H1", currency: str = "USD") -> tuple[tuple[Movement, ...], Decimal]:
    """The months since February, and what is outstanding now."""
    with db.engine.begin() as connection:
        builds.pin_newest(connection, (hospital,))
        months = roll_forward(connection, DateRange(date(2026, 2, 1), date(2026, 12, 31)), currency)
        return months, aging(connection, AgingFilter(currency, BUSINESS_DATE, own_dates=True)).outstanding


def test_a_write_off_of_the_business_date_is_in_its_month(desk: Desk) -> None:
    (february, march), _ = _months()
    desk.decide(desk.ask("I01", "60.00"))
    (same, after), outstanding = _months()
    assert same == february
    assert (march.written_off, after.written_off) == (Decimal(0), Decimal(60))
    assert (after.opening, after.closing) == (Decimal(630), Decimal("795.5"))
    assert after.receivables == outstanding == Decimal("1050.5")
    assert after.credits == march.credits == Decimal(255)


def test_a_decision_after_the_business_date_opens_its_own_month(desk: Desk) -> None:
    number = desk.ask("I01", "60.00")
    desk.decide(number)
    desk.decide(desk.take_back(number, by="other"), by="admin", now=APRIL)
    (_, march, april), outstanding = _months()
    assert (march.written_off, march.closing) == (Decimal(60), Decimal("795.5"))
    assert (april.month, april.partial) == (date(2026, 4, 1), True)
    assert (april.opening, april.written_off, april.closing) == (Decimal("795.5"), Decimal(-60), Decimal("855.5"))
    assert april.receivables == outstanding == Decimal("1110.5")


def test_what_the_build_recovered_stands_beside_what_was_written_off_since(desk: Desk) -> None:
    # I12 was written off whole in February, and 40 came in for it in March.
    desk.decide(desk.ask("I10", "340.00"))
    (_, march), outstanding = _months()
    assert (march.written_off, march.recovered) == (Decimal(340), Decimal(40))
    assert march.receivables == outstanding == Decimal("770.5")


def test_another_hospitals_decision_changes_nothing(desk: Desk) -> None:
    before = _months("H2", "EUR")
    desk.decide(desk.ask("I01", "60.00"))
    assert _months("H2", "EUR") == before
