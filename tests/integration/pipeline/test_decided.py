"""Write-offs decided in the portal while runs come and go: what is shown is what the next build says, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from tests.integration.pipeline.small_source import DAY, INVOICES, PAYMENTS, write_source
from tests.integration.pipeline.support import query, run, with_data_tests
from tests.portal.write_offs.desk import Desk, open_desk

pytestmark = pytest.mark.usefixtures("published_database")
_APPROVED = datetime(2026, 3, 10, 15, tzinfo=UTC)
_LATER = datetime(2026, 3, 12, 15, tzinfo=UTC)
_BALANCES = "select invoice_id, balance::text from marts.fct_invoices where hospital_id = 'H1' order by 1"
_PAID = {**PAYMENTS[0], "payment_id": "R9", "payment_date": "2026-03-11", "amount": "30.00"}
_POSTED = {
    "adjustment_id": "A1", "hospital_id": "H1", "invoice_id": "I2", "adjustment_date": "2026-03-11", "amount": "100.00",
    "kind": "write_off",
}  # fmt: skip


def _shown(desk: Desk) -> dict[str, str]:
    return {invoice: desk.balance(invoice) for invoice in ("I1", "I2")}


def _during(folder: Path, day: str, act: Callable[[], Any]) -> str:
    """A run in which ``act`` happens once its build has begun."""
    seen: list[str] = []

    def observe(event: str, _: dict[str, Any]) -> None:
        if event == "node" and not seen:
            seen.append(event)
            act()

    order = RunOrder([SourceConfig("main", str(folder))], datetime.now(UTC), date.fromisoformat(day))
    with with_data_tests():  # they compare what the build froze with what it made of it
        outcome = execute(order, observe).outcome
    assert seen
    return outcome


def test_pages_and_the_builds_that_follow_agree(tmp_path: Path) -> None:
    with open_desk() as desk:
        desk.decide(desk.ask("I2", "100", now=_APPROVED), now=_APPROVED)
        desk.decide(first := desk.ask("I1", "40", now=_APPROVED), now=_APPROVED)
        assert _shown(desk) == {"I1": "0.000", "I2": "150.500"}

        # The same input on the same day, but a decision is news. Another one is made while it builds, and is not lost.
        waiting = desk.ask("I2", "50", now=_APPROVED)

        def decide() -> None:
            with desk.app.app_context():
                desk.decide(waiting, now=_APPROVED)

        assert _during(write_source(tmp_path), DAY, decide) == "published"
        assert dict(query(_BALANCES)) == {"I1": "0.000", "I2": "150.500"}
        assert _shown(desk) == {"I1": "0.000", "I2": "100.500"}

        # The patient pays what was written off, and the billing system posts the first write-off too.
        folder = write_source(tmp_path, payments=[*PAYMENTS, _PAID], adjustments=[_POSTED])
        run(folder, "2026-03-12")
        assert dict(query(_BALANCES)) == _shown(desk) == {"I1": "0.000", "I2": "100.500"}
        states = "select write_off_id, reconciliation from marts.fct_write_offs order by 1"
        assert query(states) == [
            ("DAYBOOK-WO-1", "confirmed"), ("DAYBOOK-WO-2", "not posted"), ("DAYBOOK-WO-3", "not posted"),
        ]  # fmt: skip

        # Taken back: of the 100.00 the patient has paid 60.00 and 30.00.
        desk.decide(desk.take_back(first, now=_LATER), now=_LATER)
        assert _shown(desk) == {"I1": "10.000", "I2": "100.500"}
        run(folder, "2026-03-12")
        assert dict(query(_BALANCES)) == _shown(desk) == {"I1": "10.000", "I2": "100.500"}
        assert run(folder, "2026-03-12").outcome == "unchanged"


def test_a_decision_of_a_later_day_waits_for_the_build_of_its_day(tmp_path: Path) -> None:
    with open_desk() as desk:
        desk.decide(desk.ask("I2", "100", now=_LATER), now=_LATER)
        folder = write_source(tmp_path, invoices=INVOICES)
        assert run(folder, DAY).outcome == "unchanged"
        assert desk.balance("I2") == "150.500"
        run(folder, "2026-03-12")
        assert dict(query(_BALANCES))["I2"] == desk.balance("I2") == "150.500"
