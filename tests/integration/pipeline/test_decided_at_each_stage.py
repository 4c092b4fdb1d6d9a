"""Write-offs approved while a run is held at each of its stages, and inside its publishing transaction: none is lost."""

from __future__ import annotations

import threading
from contextvars import Context
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from portal.services import tokens
from tests.integration.pipeline.small_source import DAY, PAYMENTS, write_source
from tests.integration.pipeline.support import query, run
from tests.portal.write_offs.desk import Desk, open_desk
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("published_database")
_NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
_STAGES = ("read", "land", "gate-landed", "build", "gate-candidate", "publish")
_OPEN = Decimal("250.500")  # of I2
_PAID = {**PAYMENTS[0], "payment_id": "R9", "payment_date": "2026-03-09", "amount": "1.00"}
# Publishing moves the live build's row: whoever holds that row makes it wait inside its transaction.
_HOLD = "select 1 from ops.builds where state = 'live' for update"


def _balance() -> Decimal:
    found = query("select balance from marts.fct_invoices where hospital_id = 'H1' and invoice_id = 'I2'")
    return Decimal(found[0][0])


def _owed(desk: Desk, token: str) -> Decimal:
    """What the API says is open of I2."""

    def ask() -> Decimal:
        answer = desk.app.test_client().get(
            "/api/v1/reports/outstanding?minAmount=0.01", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200, answer.text
        return sum((Decimal(row["amountDue"]) for row in answer.json["data"] if row["invoiceId"] == "I2"), Decimal(0))

    return Context().run(ask)


def _decide_while_it_publishes(desk: Desk, number: int) -> threading.Thread:
    """Make publishing wait inside its transaction until a decision is made; returns the thread that makes it."""
    holds = threading.Event()

    def hold() -> None:
        with connect("owner") as blocker, desk.app.app_context():
            blocker.execute(_HOLD)
            holds.set()
            while query("select count(*) from pg_locks where not granted") == [(0,)]:
                blocker.execute("select pg_sleep(0.02)")
            desk.decide(number, now=_NOW)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    holds.wait()
    return thread


def test_an_approval_at_any_moment_of_a_run_is_shown_at_once_and_by_every_build_after(tmp_path: Path) -> None:
    with open_desk() as desk:
        token = tokens.create("admin@clinic.org", 1, _NOW.replace(year=2036), by="test")
        requests = dict(zip(_STAGES, [desk.ask("I2", "10", now=_NOW) for _ in _STAGES], strict=True))
        within = desk.ask("I2", "10", now=_NOW)
        seen: list[str] = []
        publishing: list[threading.Thread] = []

        def observe(event: str, values: dict[str, Any]) -> None:
            # Each stage is told as it begins, and waits until the decision is made and looked at.
            if event == "stage" and values["stage"] in requests and values["stage"] not in seen:
                seen.append(values["stage"])
                with desk.app.app_context():
                    desk.decide(requests[values["stage"]], now=_NOW)
                    assert Decimal(desk.balance("I2")) == _OPEN - 10 * len(seen)
                assert _owed(desk, token) == _OPEN - 10 * len(seen)
                if values["stage"] == "publish":
                    publishing.append(_decide_while_it_publishes(desk, within))

        folder = write_source(tmp_path, payments=[*PAYMENTS, _PAID])  # of another invoice: there is something to build
        order = RunOrder([SourceConfig("main", str(folder))], datetime.now(UTC), date.fromisoformat(DAY))
        assert execute(order, observe).outcome == "published"
        publishing[0].join()
        assert tuple(seen) == _STAGES
        assert set(desk.statuses().values()) == {"APPROVED"}
        left = _OPEN - 10 * (len(_STAGES) + 1)
        # What was decided before the build froze its set is in the build; the page adds what came after.
        assert _balance() == _OPEN - 30
        assert (Decimal(desk.balance("I2")), _owed(desk, token)) == (left, left)
        assert run(folder, DAY).outcome == "published"
        assert (_balance(), Decimal(desk.balance("I2")), _owed(desk, token)) == (left, left, left)
