"""Decisions, files and contact details want a password typed not long ago; who types it again loses nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from portal.security import declare
from portal.services import tokens
from tests.portal import world
from tests.portal.write_offs.desk import Desk

NOTES = 'agreed with "Dr. Ng" <by phone> & mail'


class Browser:
    """Somebody of H1, signed in half an hour ago and not idle since."""

    def __init__(self, desk: Desk, who: str) -> None:
        self.app, self.email = desk.app, f"{who}@clinic.org"
        start = datetime.now(UTC)
        self.now = start
        self.app.config["CLOCK"] = lambda: self.now
        self.client: FlaskClient = self._apart(lambda: world.sign_in(self.app, self.email))
        for minutes in (14, 28, 30):
            self.now = start + timedelta(minutes=minutes)
            self.get("/staff/reports")

    def get(self, address: str, **more: object) -> TestResponse:
        return self._apart(lambda: self.client.get(address, buffered=True, **more))

    def post(self, address: str, **form: str) -> TestResponse:
        token = world.csrf_token(self.get("/staff/reports").text)
        return self._apart(lambda: self.client.post(address, data={"csrf_token": token} | form))

    def send_on(self, page: TestResponse, password: str) -> TestResponse:
        """Type the password into the page that asks for it, and send what it carries."""
        action = re.search(r'action="([^"]+)"', page.text)
        carried = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        assert action
        form = {html.unescape(name): html.unescape(value) for name, value in carried} | {"confirm_password": password}
        return self._apart(lambda: self.client.post(html.unescape(action[1]), data=form))

    def _apart(self, run: Callable[[], object]):  # type: ignore[no-untyped-def]
        # The desk has an application context open: a request inside it would share what belongs to one request.
        return Context().run(run)


@pytest.fixture
def stale(desk: Desk) -> Callable[[str], Browser]:
    return lambda who: Browser(desk, who)


def test_a_decision_asks_for_the_password_and_keeps_what_was_typed(desk: Desk, stale: Callable) -> None:
    number = desk.ask("I06", "20.00")
    browser = stale("admin")
    page = browser.post(f"/staff/write-offs/{number}/approve", notes=NOTES)
    assert page.status_code == 401
    assert "What you filled in is kept" in page.text
    assert desk.statuses()[number] == "PENDING"
    wrong = browser.send_on(page, "not the password")
    assert wrong.status_code == 401
    assert "That is not your password" in wrong.text
    assert desk.statuses()[number] == "PENDING"
    done = browser.send_on(wrong, world.PASSWORD)
    assert done.location == f"/staff/write-offs/{number}"
    assert desk.statuses()[number] == "APPROVED"
    assert str(escape(NOTES)) in browser.get(done.location).text
    actions = [one["action"] for one in world.audit_records()]
    assert actions.count("reauthentication") == 1


def test_one_confirmation_is_enough_for_a_while(desk: Desk, stale: Callable) -> None:
    first, second, third = desk.ask("I06", "1.00"), desk.ask("I06", "2.00"), desk.ask("I06", "3.00")
    browser = stale("admin")
    browser.send_on(browser.post(f"/staff/write-offs/{first}/reject"), world.PASSWORD)
    assert browser.post(f"/staff/write-offs/{second}/reject").status_code == 302
    for _ in range(3):
        browser.now += timedelta(minutes=10)
        browser.get("/staff/reports")
    assert browser.post(f"/staff/write-offs/{third}/reject").status_code == 401
    assert [desk.statuses()[one] for one in (first, second, third)] == ["REJECTED", "REJECTED", "PENDING"]


def test_a_file_is_chosen_again_on_the_page_where_it_was(stale: Callable) -> None:
    browser = stale("accountant")
    page, file = "/staff/write-offs?status=PENDING", "/staff/write-offs/export?format=csv&currency=USD"
    asked = browser.get(file, headers={"Referer": f"http://localhost{page}"})
    assert asked.status_code == 302
    assert asked.location.startswith("/verify?next=")
    form = browser.get(asked.location)
    assert "then choose the file again" in form.text
    answer = browser._apart(
        lambda: browser.client.post(
            asked.location, data={"csrf_token": world.csrf_token(form.text), "password": world.PASSWORD}
        )
    )
    assert answer.location == page
    assert browser.get(file).mimetype == "text/csv"


@pytest.mark.parametrize("referer", ["https://evil.example/x", "http://localhost/verify"])
def test_no_other_page_is_gone_back_to(stale: Callable, referer: str) -> None:
    file = "/staff/write-offs/export?format=csv"
    location = stale("accountant").get(file, headers={"Referer": referer}).location
    assert location == "/verify?next=/staff/write-offs/export?format%3Dcsv"


def test_a_program_with_a_session_is_told(desk: Desk, stale: Callable) -> None:
    number = desk.ask("I06", "20.00")
    browser = stale("admin")
    token = world.csrf_token(browser.get("/staff/reports").text)
    answer = browser._apart(
        lambda: browser.client.patch(
            f"/api/v1/financial-reports/write-offs/{number}/approve", json={}, headers={"X-CSRFToken": token}
        )
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "confirm_password")
    assert desk.statuses()[number] == "PENDING"


def test_a_token_needs_no_password(desk: Desk, stale: Callable) -> None:
    number = desk.ask("I06", "20.00")
    browser = stale("admin")
    bearer = {"Authorization": f"Bearer {tokens.create(browser.email, 1, browser.now, by='test')}"}
    client = desk.app.test_client()
    answer = browser._apart(
        lambda: client.patch(f"/api/v1/financial-reports/write-offs/{number}/approve", json={}, headers=bearer)
    )
    assert answer.status_code == 200


# Pages around exports: what one could have, what was made, and what is made no more. None of them gives a file.
_NO_FILE = {"exports.index", "exports.progress", "exports.forget_template", "exports.end_schedule"} | {
    "exports.leave_schedule",
    "export_orders.new",
    "export_orders.preview",
    "export_orders.keep_template",
}


def test_every_decision_file_and_reveal_wants_it(desk: Desk) -> None:
    wanted = {"exports:create", "financial-reports:approve"}
    missing = {
        rule.endpoint
        for rule in desk.app.url_map.iter_rules()
        if wanted & set(declare.demands(desk.app, rule.endpoint))
        or rule.endpoint in ("contacts.show", "audit_log.export", "etl_runs.rejects")
        if not declare.wants_fresh(desk.app, rule.endpoint)
    }
    assert missing == _NO_FILE


def test_files_come_with_the_permission_to_export_but_those_of_the_audit_log(desk: Desk) -> None:
    """What wants a fresh session to be read is a file; docs/RBAC.md says why an auditor's need no more than theirs."""
    alone = {
        rule.endpoint: declare.demands(desk.app, rule.endpoint)
        for rule in desk.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith("security.")
        if declare.wants_fresh(desk.app, rule.endpoint)
        if "exports:create" not in declare.demands(desk.app, rule.endpoint)
    }
    assert alone == dict.fromkeys(["audit_log.export", "usage.export", "usage.chart_png"], ("audit-log:read",))
