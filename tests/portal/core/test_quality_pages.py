"""Quarantine and gates over the runs, and what was opened by whom: the reader's hospitals alone."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from warehouse.engine import connect

FIRST, SECOND = datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 3, 10, 16, tzinfo=UTC)


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
def runs(app: Flask) -> tuple[int, int]:
    """Two runs that a gate stopped: the first for H2, the newest for H1, with a row of nobody's."""
    first, second = world.add_finished_run(FIRST, "H2"), world.add_finished_run(SECOND, "H1")
    world.add_gate(second, "freshness", passed=False, hospital="H1", severity="warn")
    world.add_gate(second, "freshness", passed=True, hospital="H2")
    with connect("owner") as connection:
        connection.execute(
            "insert into quarantine.payments (run_id, batch_id, source_name, hospital_id, file, line, reasons, amount)"
            " select %s, max(batch_id), 'main', null, 'payments.csv', 3, '{unknown hospital}', 10 from ops.batches",
            [second],
        )
    return first, second


def _browser(app: Flask, role: str, *hospitals: str) -> FlaskClient:
    return world.sign_in(app, world.add_user(app, role, hospitals, f"{role}{len(hospitals)}@clinic.org"))


def test_quarantine_shows_the_newest_run_by_table_and_reason(app: Flask, runs: tuple[int, int]) -> None:
    page = _browser(app, "hospital_admin", "H1").get("/admin/quarantine")
    text = _text(page.text)
    assert page.status_code == 200 and f"/admin/etl/{runs[1]}" in page.text
    assert "1 row refused; 1 more whose hospital could not be read" in text
    assert "invoices bad date H1 1 250.50" in text and "invoices.csv 7 bad date" in text
    assert "payments.csv" not in text


def test_other_hospitals_rows_are_not_shown(app: Flask, runs: tuple[int, int]) -> None:
    admin, boss = _browser(app, "hospital_admin", "H1"), _browser(app, "super_admin")
    own = _text(admin.get(f"/admin/quarantine?run={runs[0]}").text)
    assert "0 rows refused" in own and "Nothing was refused" in own and "bad date" not in own
    assert "invoices bad date H2 1 250.50" in _text(boss.get(f"/admin/quarantine?run={runs[0]}").text)
    assert "payments unknown hospital not known 1 10.00" in _text(boss.get("/admin/quarantine").text)


def test_rows_are_filtered_by_table_and_reason(app: Flask, runs: tuple[int, int]) -> None:
    browser = _browser(app, "super_admin")
    text = _text(browser.get("/admin/quarantine?table=payments&reason=unknown%20hospital").text)
    assert "payments.csv 3" in text and "invoices.csv" not in text
    none = _text(browser.get("/admin/quarantine?table=payments&reason=bad%20date").text)
    assert "No refused row fits these filters" in none
    assert f"Run {runs[0]}," in none  # the runs to choose from


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("run=99", "Run "), ("run=x", "Run "), ("run=0", "Run "), ("page=0", "Page must be 1 or more"),
        ("limit=1000000", "Rows per page must be "), ("colour=red", "colour is no filter of this page"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_named(app: Flask, runs: tuple[int, int], query: str, named: str) -> None:
    page = _browser(app, "hospital_admin", "H1").get(f"/admin/quarantine?{query}")
    assert page.status_code == 400 and named in _text(page.text)
    assert "invoices.csv" not in page.text and runs


def test_gates_stand_beside_those_of_the_runs_before(app: Flask, runs: tuple[int, int]) -> None:
    page = _browser(app, "hospital_admin", "H1").get("/admin/gates")
    text = _text(page.text)
    assert page.status_code == 200 and f"Newest: run {runs[1]}" in text
    assert f"Gate Run {runs[1]} Run {runs[0]}" in text
    assert "freshness warning not judged" in text  # of H1 alone; the run before did not judge it
    assert "rejects failed not judged" in text  # the run before judged it for H2
    assert "totals passed passed" in text
    everything = _text(_browser(app, "super_admin").get("/admin/gates").text)
    assert "freshness warning 1 of 2 not judged" in everything and "rejects failed failed" in everything


def test_without_runs_the_pages_say_so(app: Flask) -> None:
    browser = _browser(app, "super_admin")
    assert "No run has read anything yet" in browser.get("/admin/quarantine").text
    assert "No run was judged yet" in browser.get("/admin/gates").text


def test_usage_counts_openings_by_report_and_role(app: Flask) -> None:
    app.config["CLOCK"] = lambda: datetime.now(UTC)
    viewer, auditor = _browser(app, "viewer", "H1"), _browser(app, "auditor", "H1")
    abroad = world.sign_in(app, world.add_user(app, "viewer", ["H2"], "abroad@clinic.org"))
    for browser in (viewer, viewer, abroad):
        assert browser.get("/staff/reports/revenue").status_code == 200
    assert viewer.get("/staff/patients").status_code == 403  # a refusal is no opening
    text = _text(auditor.get("/admin/usage").text)
    assert re.search(r"Revenue 2 1 \d+ \w+ \d{4}", text), text
    assert "Patients" not in text
    with auditor.get("/admin/usage/export.csv") as sent:
        lines = csv.DictReader(io.StringIO(sent.text))
    rows = [tuple(row.values())[:4] for row in lines if row["report"] == "Revenue"]
    assert rows == [("Revenue", "", "2", "1"), ("Revenue", "viewer", "2", "1")]
    everywhere = _text(_browser(app, "super_admin").get("/admin/usage").text)
    assert re.search(r"Revenue 3 2 \d", everywhere), everywhere
    spec = auditor.get("/admin/usage/chart.json").json
    assert {row["name"] for row in spec["data"]["values"]} >= {"Revenue"}
    assert auditor.get("/admin/usage/chart.svg").text.startswith("<svg")


def test_usage_of_days_without_any_says_so_and_wrong_days_are_named(app: Flask) -> None:
    browser = _browser(app, "auditor", "H1")
    empty = browser.get("/admin/usage?startDate=2020-01-01&endDate=2020-01-31")
    assert "The audit log has no view of a report between 1 Jan 2020 and 31 Jan 2020" in _text(empty.text)
    for query in ("startDate=x", "startDate=2026-03-02&endDate=2026-03-01"):
        page = browser.get(f"/admin/usage?{query}")
        assert page.status_code == 400 and 'class="field__error"' in page.text


@pytest.mark.parametrize("page", ["/admin/quarantine", "/admin/gates", "/admin/usage"])
def test_only_the_entitled_open_them(app: Flask, page: str) -> None:
    assert _browser(app, "accountant", "H1").get(page).status_code == 403
