"""``scripts/bench pages``: it opens every page of a small group as somebody signed in, and says of each target what it found."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from werkzeug.serving import make_server

from scripts.benchmarks.page_times import Target, times, within
from scripts.benchmarks.page_visits import Visit
from scripts.benchmarks.page_warehouse import ROLES, Examples, Run
from scripts.benchmarks.pages import Measured, Order, measure, targets_of
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.reports_world import add_identity
from warehouse.engine import connect

_ORDER = Order(invoices=17, rounds=1, users=3, seconds=1, think=0, seed=1, end=date(2026, 3, 31), port=0)
_KNOWN = Examples(("H1", "P01"), ("H1", "I01"), ("H1", "D1"), "2026-03", 1, 1, "Muster", "1950-02-03")
_TARGETS = ["SC-001", "SC-002, 4-M19", "SC-003", "SC-004, 5-X1, 4-M18", "SC-005", "5-G3", "5-G4"]


@pytest.fixture(scope="module")
def measured(server: str, published_world: str) -> Iterator[Measured]:
    """What is found in the hand-checked world behind a server: each page once, and three people for a second."""
    for _ in fresh_database(server, published_world):
        add_identity("H1", "P01", last_name="Muster", date_of_birth="1950-02-03")
        with connect("owner") as owner:  # another currency would have to be chosen on every page
            owner.execute("delete from ops.business_dates where hospital_id <> 'H1'")
            owner.commit()
        app = world.make_app()
        others = [world.add_user(app, role) for role in ROLES[: _ORDER.users]]
        boss = world.add_user(app, "super_admin")
        portal = make_server("127.0.0.1", 0, app, threaded=True)
        serving = threading.Thread(target=portal.serve_forever)
        serving.start()
        try:
            address = f"http://127.0.0.1:{portal.server_port}"
            yield measure(address, _ORDER, Run(2_000, 60.0), _KNOWN, (boss, others, world.PASSWORD))
        finally:
            portal.shutdown()
            serving.join()
            portal.server_close()


def test_every_page_was_shown_to_who_may_see_it(measured: Measured) -> None:
    visits = (
        *measured.alone,
        *measured.revenue,
        *measured.departments,
        *measured.aging,
        *measured.finding,
        *measured.crowd,
    )
    assert not [(visit.address, visit.status, visit.final) for visit in visits if not visit.is_good]
    paths = {visit.address.split("?")[0] for visit in measured.alone}
    assert {"/staff/reports", "/staff/patients/P01", "/audit", "/api/v1/financial-reports/ar-aging"} <= paths
    assert len(paths) > 80
    assert b"/staff/patients/P01" in measured.finding[0].body
    assert len(measured.crowd) >= _ORDER.users


def test_each_target_has_a_verdict_and_small_data_are_none(measured: Measured) -> None:
    said = [re.split(r" {2,}", str(target).strip()) for target in targets_of(measured, _ORDER)]
    assert [line[0] for line in said] == _TARGETS
    assert {line[1] for line in said} <= {"met", "MISSED", "not measured"}
    assert [line[0] for line in said if line[1] == "not measured"] == ["SC-003", "5-G4"]


def test_times_are_the_middle_the_95th_and_the_slowest() -> None:
    visits = [Visit("/a", 200, seconds / 100, final="http://localhost/a") for seconds in range(100, 0, -1)]
    found = times(visits)
    assert (found.count, found.median, found.most_of_95, found.slowest) == (100, 0.5, 0.95, 1.0)
    assert within(visits, 0.95)
    assert not within(visits, 0.94)


def test_what_was_refused_or_sent_elsewhere_meets_no_target() -> None:
    assert not within([Visit("/a", 403, 0.1, final="http://localhost/a")], 1)
    assert not within([Visit("/a", 200, 0.1, final="http://localhost/login?next=/a")], 1)
    assert "MISSED" in str(Target("SC-001", "revenue report", False, "4 s"))
