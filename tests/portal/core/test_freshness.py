"""How fresh the figures are, said the same way on pages and in the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from warehouse.engine import connect


@pytest.fixture
def live(database: str) -> tuple[Flask, FlaskClient, int]:
    """A build of just now, the portal, and an administrator of H1 who is signed in."""
    run_id = world.publish(instant=datetime.now(UTC) - timedelta(minutes=5))
    app = world.make_app()
    return app, world.sign_in(app, world.add_user(app, "hospital_admin")), run_id


def _freshness(client: FlaskClient) -> dict:
    return client.get("/api/v1/freshness").json["data"]


def test_a_new_build_is_fresh(live) -> None:
    _, client, _ = live
    data = _freshness(client)
    assert (data["buildId"], data["stale"], data["staleReason"]) == (1, False, None)
    assert set(data["businessDates"]) == {"H1"}
    page = client.get("/staff/reports").text
    assert "Data as of" in page
    assert "Build 1 " in page
    assert "Not up to date" not in page


@pytest.mark.parametrize(
    ("status", "words"), [("stopped", "The last run was stopped by a check."), ("failed", "The last run failed.")]
)
def test_a_run_that_did_not_publish_makes_the_figures_stale(live, status: str, words: str) -> None:
    _, client, _ = live
    with connect("owner") as owner:
        world.add_run(owner, status, datetime.now(UTC))
    assert _freshness(client)["staleReason"].startswith(words)
    page = client.get("/staff/reports").text
    assert words in page
    assert "is not included yet" in page
    with connect("owner") as owner:
        world.add_run(owner, "completed", datetime.now(UTC), outcome="unchanged")
    assert not _freshness(client)["stale"]


def test_instants_are_told_in_the_hours_of_the_hospital(database: str) -> None:
    world.publish()
    with connect("owner") as owner:
        owner.execute("update marts_b1.dim_hospitals set timezone = 'America/New_York' where hospital_id = 'H1'")
    app = world.make_app()
    client = world.sign_in(app, world.add_user(app, "viewer"))
    assert "What came after 10 Mar 2026 06:00 EDT is not included yet." in client.get("/staff/reports").text
    both = world.sign_in(app, world.add_user(app, "super_admin"))
    assert "What came after 10 Mar 2026 10:00 UTC is not included yet." in both.get("/staff/reports").text


def test_a_hold_is_said(live) -> None:
    _, client, _ = live
    with connect("owner") as owner:
        owner.execute("update ops.publishing set held = true, held_by = 'ann', reason = 'looks odd', held_at = now()")
    assert _freshness(client)["staleReason"].startswith("Publishing is on hold.")
    page = client.get("/admin/etl").text
    assert "looks odd" in page


def test_an_old_build_is_stale_unless_a_run_found_nothing_new(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    assert _freshness(client)["staleReason"].startswith("No newer figures were published.")
    with connect("owner") as owner:
        world.add_run(owner, "completed", datetime.now(UTC), outcome="unchanged")
    assert not _freshness(client)["stale"]


def test_nothing_published_is_said_on_pages_and_answered_503_by_the_api(empty_app: Flask) -> None:
    client = world.sign_in(empty_app, world.add_user(empty_app, "super_admin"))
    for path in ("/staff/reports", "/admin/etl"):
        page = client.get(path)
        assert page.status_code == 200
        assert "No figures yet." in page.text
    answer = client.get("/api/v1/metrics")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "no_build")
    assert _freshness(client)["buildId"] is None


def test_money_in_quarantine_is_counted_for_the_own_hospitals_only(live) -> None:
    _, client, run_id = live
    with connect("owner") as owner:
        for hospital, amount in (("H1", "12.50"), ("H1", "7.50"), ("H2", "1000"), (None, "3.125"), ("H9", "5")):
            owner.execute(
                "insert into quarantine.invoices (run_id, batch_id, source_name, hospital_id, file, reasons, amount)"
                " values (%s, 1, 'main', %s, 'invoices.csv', '{bad date,unknown status}', %s)",
                [run_id, hospital, amount],
            )
    found = {(q["currency"], q["rows"], q["amount"]) for q in _freshness(client)["quarantined"]}
    assert found == {("USD", 2, "20.00"), (None, 1, None)}  # whose money that is, nobody knows
    page = client.get("/staff/reports").text
    assert "3 rows in quarantine" in page
    assert "$20.00" in page
    assert "1 without a known hospital" in page
    assert "1,000" not in page and "3.13" not in page and "3.125" not in page
    everybody = world.sign_in(live[0], world.add_user(live[0], "super_admin"))
    assert sum(q["rows"] for q in _freshness(everybody)["quarantined"]) == 5
    assert {q["amount"] for q in _freshness(everybody)["quarantined"] if q["currency"] is None} == {"8.125"}
    narrowed = everybody.get("/api/v1/freshness?hospitalId=H2").json["data"]["quarantined"]
    assert {(q["currency"], q["rows"]) for q in narrowed} == {("USD", 1), (None, 1)}


def test_gates_that_a_person_accepted_are_said(live) -> None:
    _, client, run_id = live
    assert "All checks passed." in client.get("/staff/reports").text
    world.add_gate(run_id, "rejects", passed=False, severity="error", accepted_reason="known")
    client.application.extensions["daybook_freshness"].clear()
    assert "1 failed check was accepted by a person." in client.get("/staff/reports").text


def test_a_missing_worker_is_said(live) -> None:
    _, client, _ = live
    assert "No worker is running" in client.get("/staff/reports").text
    with connect("owner") as owner:
        owner.execute("insert into jobs.procrastinate_workers (last_heartbeat) values (clock_timestamp())")
    assert "No worker is running" not in client.get("/staff/reports").text
    with connect("owner") as owner:
        owner.execute("update jobs.procrastinate_workers set last_heartbeat = clock_timestamp() - interval '2 minutes'")
    assert _freshness(client)["workerAlive"] is False
