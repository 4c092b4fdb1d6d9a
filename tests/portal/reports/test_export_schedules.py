"""Exports by mail: each reader's copy is made under that reader's rights, on a business date after the period is over."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pipeline import mails
from portal.services import export_mails
from portal.services.export_plans import next_due, period
from tests.integration.pipeline.receivers import MailServer
from tests.portal import world
from tests.portal.reports.test_exports_page import clear, logged, made, post
from warehouse.engine import connect

SignIn = Callable[[str], FlaskClient]
PAY = {"entity": "compensation", "format": "csv", "startDate": "2026-01-01", "endDate": "2026-01-31", "name": "Pay"}


@pytest.fixture(autouse=True)
def _nothing_left(client: SignIn) -> Iterator[None]:
    clear()
    yield
    clear()


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The mail server of the settings, listening."""
    found = MailServer()
    monkeypatch.setenv("DAYBOOK_MAIL_URL", f"smtp://127.0.0.1:{found.port}")
    monkeypatch.setenv("DAYBOOK_MAIL_FROM", "Daybook <daybook@clinic.example>")
    found.start()
    yield found
    found.stop()


def queue(app: Flask, due: date = date(2026, 3, 1)) -> str:
    """As if a build of a business date from ``due`` on was published: what the worker's command says."""
    with connect("owner") as connection:
        connection.execute("update portal.export_schedules set next_due = %s", [due])
    result = app.test_cli_runner().invoke(args=["export-jobs", "due"])
    assert result.exit_code == 0, result.output
    return str(result.output)


def make_all(app: Flask) -> list[str]:
    """Make every file that waits, as the worker does."""
    return [made(app, number) for (number,) in logged()]


def schedule(browser: FlaskClient, *names: str, **changes: Any) -> None:
    """Keep a schedule for these readers."""
    readers = ", ".join(f"{name}@clinic.org" for name in names)
    form = PAY | {"rhythm": "monthly", "recipients": readers} | changes
    answer = post(browser, "/exports/schedules", **form)
    assert answer.status_code == 302, answer.text


def _number() -> int:
    with connect("owner") as connection:
        ((number,),) = connection.execute("select max(id) from portal.export_schedules").fetchall()
    return int(number)


def test_names_of_schedules_are_neither_recorded_nor_mailed(
    client: SignIn, reports_app: Flask, mail_server: MailServer
) -> None:
    before = len(world.audit_records())
    schedule(client("accountant"), "accountant", entity="kpis", currency="USD", name="Maria Plantedlast")
    queue(reports_app)
    make_all(reports_app)
    post(client("accountant"), f"/exports/schedules/{_number()}/end")
    mails.send_waiting()
    records = world.audit_records()[before:]
    made, ended = (
        next(one for one in records if one["action"] == f"export_schedule_{what}") for what in ("create", "end")
    )
    assert made["new_values"]["filters"]["currency"] == ["USD"]
    said = {name: made["new_values"][name] for name in ("name_sealed", "entity", "filters", "fields")}
    assert ended["old_values"] == said
    assert "Planted" not in f"{records}{mail_server.texts()}"


def test_each_reader_gets_what_that_reader_may_see(client: SignIn, reports_app: Flask, mail_server: MailServer) -> None:
    schedule(client("practice_manager"), "practice_manager", "provider", "accountant")
    assert queue(reports_app) == "3 copies are queued.\n"
    assert queue(reports_app, date(2026, 4, 1)) == "0 copies are queued.\n"
    said = make_all(reports_app)
    assert [line.startswith("Made") for line in said].count(True) == 2
    assert "it needs compensation:read" in "".join(said)
    mails.send_waiting()
    found = {}
    for mail in mail_server.mails:
        (attached,) = mail.iter_attachments()
        content = attached.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert hashlib.sha256(content).hexdigest() in str(mail.get_body().get_content())  # type: ignore[union-attr]
        assert attached.get_filename() == "daybook-compensation-2026-02-01-2026-02-28-usd-b1.csv"
        rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
        found[str(mail["To"]).partition("@")[0]] = [row["provider_id"] for row in rows]
    assert found == {"practice_manager": ["D2"], "provider": []}  # February: the manager's second provider alone
    states = sorted(logged("status, date_range_start::text, date_range_end::text"))
    assert states == [(state, "2026-02-01", "2026-02-28") for state in ("finished", "finished", "refused")]


def test_a_monthly_summary_is_of_the_month_that_is_over(
    client: SignIn, reports_app: Flask, mail_server: MailServer
) -> None:
    schedule(client("practice_manager"), "practice_manager", entity="monthly-summary", format="csv", month="2026-01")
    assert queue(reports_app) == "1 copies are queued.\n"
    assert [line.startswith("Made") for line in make_all(reports_app)] == [True]
    mails.send_waiting()
    (mail,) = mail_server.mails
    (attached,) = mail.iter_attachments()
    assert "monthly-summary-2026-02" in str(attached.get_filename())
    assert b"109.20" in attached.get_payload(decode=True)  # of Dr Two's one case in February


def test_what_was_sent_and_what_was_not_is_recorded(client: SignIn, reports_app: Flask) -> None:
    schedule(client("practice_manager"), "provider", "accountant")
    queue(reports_app)
    make_all(reports_app)
    records = [one for one in world.audit_records() if one["user_id"] == "worker"][-3:]
    assert records[0]["action"] == "export_scheduled"
    assert len(records[0]["new_values"]["exports"]) == 2
    assert {one["outcome"] for one in records[1:]} == {"success", "denied"}


def test_hospitals_that_a_reader_has_not_are_left_out_of_the_copy(client: SignIn, reports_app: Flask) -> None:
    form = {"entity": "roll-forward", "hospitalId": ["H1", "H2"], "currency": "USD", "startDate": "2026-01-01"}
    schedule(client("accountant_both"), "accountant_both", "accountant", "accountant_h2", **form)
    queue(reports_app)
    make_all(reports_app)
    with connect("owner") as connection:
        found = connection.execute(
            "select u.email, l.hospital_ids, l.status from portal.export_log as l join portal.users as u on u.id = l.user_id"
            " order by 1"
        ).fetchall()
    assert [(email.partition("@")[0], hospitals, state) for email, hospitals, state in found] == [
        ("accountant", ["H1"], "finished"), ("accountant_both", ["H1", "H2"], "finished"),
        ("accountant_h2", [], "failed"),  # whose hospital has no dollars
    ]  # fmt: skip


def test_files_with_patients_are_not_attached(client: SignIn, reports_app: Flask, mail_server: MailServer) -> None:
    schedule(client("accountant"), "accountant", entity="outstanding", currency="USD")
    queue(reports_app)
    make_all(reports_app)
    mails.send_waiting()
    (mail,) = mail_server.mails
    assert list(mail.iter_attachments()) == []
    ((subject, text),) = mail_server.texts()
    assert subject == f"Daybook: scheduled export {_number()} as of 2026-02-28"
    assert "is of single patients: the page Exports" in text
    assert "Load again" in client("accountant").get("/exports").text


def test_reasons_of_write_offs_wait_in_the_portal(client: SignIn, reports_app: Flask, mail_server: MailServer) -> None:
    chosen = {"entity": "write-offs", "currency": "USD", "fields": ["invoice_id", "reason", "amount"]}
    schedule(client("accountant"), "accountant", **chosen)
    queue(reports_app)
    make_all(reports_app)
    mails.send_waiting()
    (mail,) = mail_server.mails
    assert list(mail.iter_attachments()) == []
    assert logged("has_patients") == [(True,)]


def test_a_large_file_is_not_attached(
    client: SignIn, reports_app: Flask, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_mails, "MOST_ATTACHED", 10)
    schedule(client("practice_manager"), "practice_manager")
    queue(reports_app)
    make_all(reports_app)
    mails.send_waiting()
    ((_, text),) = mail_server.texts()
    assert "is too large for a mail" in text
    assert list(mail_server.mails[0].iter_attachments()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"recipients": ""}, "Name 1 to 50 recipients"),
        ({"recipients": "who@clinic.org"}, "who@clinic.org: no user of your hospitals has this address."),
        ({"recipients": "accountant_h2@clinic.org"}, "no user of your hospitals has this address."),
        ({"rhythm": "hourly"}, "The rhythm must be one of weekly, monthly."),
        ({"name": " "}, "Give it a name of one line"),
    ],
)
def test_what_cannot_be_used_is_said(client: SignIn, changes: dict[str, str], sentence: str) -> None:
    form = PAY | {"rhythm": "weekly", "recipients": "provider@clinic.org"} | changes
    answer = post(client("provider"), "/exports/schedules", **form)
    assert (answer.status_code, sentence in answer.text) == (400, True), answer.text


def test_a_schedule_is_switched_off_by_its_owner_or_an_administrator(client: SignIn, reports_app: Flask) -> None:
    schedule(client("accountant"), "accountant", entity="kpis", currency="USD")
    found = re.search(r'action="(/exports/schedules/\d+/end)"', client("accountant").get("/exports").text)
    assert found
    assert post(client("provider"), found[1]).status_code == 404
    assert post(client("admin"), found[1]).status_code == 302
    assert queue(reports_app) == "0 copies are queued.\n"
    assert post(client("accountant"), found[1]).status_code == 404


def test_a_reader_leaves_a_schedule_and_it_runs_on_for_the_others(client: SignIn, reports_app: Flask) -> None:
    schedule(client("accountant"), "accountant", "admin", entity="kpis", currency="USD", name="Maria Plantedlast")
    leave = f"/exports/schedules/{_number()}/leave"
    assert leave not in client("practice_manager").get("/exports").text
    assert post(client("practice_manager"), leave).status_code == 404
    assert f'action="{leave}"' in client("admin").get("/exports").text
    assert post(client("admin"), leave).status_code == 302
    record = next(one for one in reversed(world.audit_records()) if one["action"] == "export_schedule_leave")
    assert (record["outcome"], record["resource_id"], record["old_values"]["entity"]) == (
        "success",
        str(_number()),
        "kpis",
    )
    assert "Planted" not in str(record)
    assert post(client("admin"), leave).status_code == 404
    assert "admin@clinic.org" not in _schedules_of(client("accountant"))
    assert queue(reports_app) == "1 copies are queued.\n"
    assert post(client("accountant"), leave).status_code == 302
    assert "nobody any more" in _schedules_of(client("accountant"))
    assert queue(reports_app) == "0 copies are queued.\n"


def _schedules_of(browser: FlaskClient) -> str:
    return browser.get("/exports").text.partition("Schedules that run")[2]


def test_a_schedule_of_two_hospitals_is_not_managed_by_one(client: SignIn, reports_app: Flask) -> None:
    schedule(
        client("accountant_both"), "accountant", "accountant_h2", "admin", entity="kpis", currency="USD", name="Both"
    )
    schedule(client("accountant_both"), "accountant_h2", entity="kpis", currency="USD", name="Elsewhere")
    found = re.findall(r'action="(/exports/schedules/\d+/end)"', client("accountant_both").get("/exports").text)
    assert len(found) == 2
    assert {post(client("admin"), address).status_code for address in found} == {404}
    pages = {name: client(name).get("/exports").text for name in ("accountant_both", "admin", "accountant")}
    assert {name: ("Both" in page, "Elsewhere" in page, "accountant_h2@" in page) for name, page in pages.items()} == {
        "accountant_both": (True, True, True), "admin": (True, False, False), "accountant": (True, False, False),
    }  # fmt: skip
    assert [address in pages["admin"] for address in found] == [False, False]
    assert post(client("super_admin"), found[0]).status_code == 302


@pytest.mark.parametrize(
    ("rhythm", "today", "due", "first", "last"),
    [
        ("weekly", date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 2), date(2026, 3, 8)),  # a Monday
        ("weekly", date(2026, 3, 15), date(2026, 3, 16), date(2026, 3, 2), date(2026, 3, 8)),
        ("monthly", date(2026, 3, 1), date(2026, 4, 1), date(2026, 2, 1), date(2026, 2, 28)),
        ("monthly", date(2026, 12, 31), date(2027, 1, 1), date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_the_period_is_the_newest_that_is_over(rhythm: str, today: date, due: date, first: date, last: date) -> None:
    found = period(rhythm, today)
    assert (found.start, found.end, next_due(rhythm, today)) == (first, last, due)
