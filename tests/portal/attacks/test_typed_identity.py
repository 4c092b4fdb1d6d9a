"""A person typed into names, notes, reasons and file names of the portal is shown to who may read them, and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.permissions import ROLE_PERMISSIONS
from portal.security import allowed, demands
from tests.conftest import fresh_database
from tests.integration.test_identity_nowhere import readable
from tests.portal import world
from tests.portal.attacks import typed
from tests.portal.audit.walk import Portal, addresses, is_slow, shown
from warehouse.backup.create import create
from warehouse.backup.sealed import open_sealed
from warehouse.engine import connect
from warehouse.settings import load_backup_keys

# Where words are shown to who may read them, by endpoint, and why. Each does show some of them.
_SHOWN = {
    "account.show": "one's own tokens by their names",
    "saved_views.index": "one's own views and shared ones",
    "revenue.index": "the views of the page that one looks at are offered by their names",
    "export_orders.new": "one's own templates and shared ones are offered",
    "exports.index": "one's own templates and schedules, and shared ones",
    "outstanding.detail": "notes of the follow-up of the invoice",
    **dict.fromkeys(
        ["write_offs.show", "api_v1.write_offs.index", "api_v1.write_offs.show"],
        "reason and notes are what is decided on",
    ),
    **dict.fromkeys(["write_offs.export", "api_v1.exports.export_write_offs"], "as the list, for who may read it"),
    "case_logs.index": "one's own files by their names",
    "case_decisions.show": "the notes of the case in the own log",
    "case_disputes.show": "the notes of the own dispute",
}
# Where they are kept in clear: to be read by those people, under the row policies of the table. The rest is encrypted.
_KEPT = {
    "portal.api_tokens": "the name of a token, for whose it is",
    "portal.export_schedules": "the name of a schedule, for its owner and who manages it",
    "portal.export_templates": "the name of a template, for its owner and the hospital that it is shared with",
    "portal.saved_views": "the name of a view, for its owner and the hospital that it is shared with",
    "portal.write_offs": "reason and notes, for who may see the write-off: it is the record of the decision",
}
_ACCOUNTANT = ROLE_PERMISSIONS["accountant"]
_OF_COLLEAGUES = _SHOWN.keys() - {"account.show", "case_logs.index", "case_decisions.show", "case_disputes.show"}


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def portal(server: str, published_world: str, told: list[str]) -> Iterator[Portal]:
    """The portal after the person was typed into everything; what it logged meanwhile is in ``told``."""
    for _ in fresh_database(server, published_world):
        made = Portal(world.make_app(SITE_URL="https://daybook.example", SMALL_BALANCE_LIMITS={"*": Decimal(100)}))
        handler = _Told(told)
        logging.getLogger().addHandler(handler)
        made.app.logger.setLevel(logging.DEBUG)
        typed.plant(made)
        yield made
        logging.getLogger().removeHandler(handler)


class _Told(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


def _of(answer: TestResponse) -> list[str]:
    return typed.holds(readable(answer.data, answer.mimetype))


def _looked_at(portal: Portal, rule: Rule) -> Iterator[str]:
    """Addresses of a route; a PDF is made of what its CSV is made of, and is left out but for a list that shows words."""
    for address in addresses(portal, rule):
        if "write-off" in address or not is_slow(address):
            yield address.replace("write-offs/1", "write-offs/2")


def test_words_are_shown_where_it_says_so_and_nowhere_else(portal: Portal, told: list[str]) -> None:
    found: dict[str, list[str]] = {}
    for rule in shown(portal):
        for address in _looked_at(portal, rule):
            with portal.browser(rule.endpoint).get(address) as answer:
                assert answer.status_code == 200, address
                assert not typed.holds(repr(answer.headers)), address
                if _of(answer):
                    found.setdefault(rule.endpoint, []).append(address)
    assert found.keys() == _SHOWN.keys(), "\n".join(f"{name} {found[name]}" for name in sorted(found))
    assert typed.holds(" ".join(told)) == []


def test_a_stranger_meets_none_of_it_and_a_colleague_what_is_shared(portal: Portal) -> None:
    for hospital, may_see in (("H2", set()), ("H1", _OF_COLLEAGUES)):
        email = world.add_user(portal.app, "accountant", [hospital], f"clerk-{hospital.lower()}@clinic.org")
        client, seen = world.sign_in(portal.app, email), {}
        for rule in shown(portal):
            if rule.endpoint not in _SHOWN or not allowed(demands(portal.app, rule.endpoint), _ACCOUNTANT):
                continue
            for address in _looked_at(portal, rule):
                with client.get(address.replace("hospitalId=H1", f"hospitalId={hospital}")) as answer:
                    if _of(answer):
                        seen[rule.endpoint] = readable(answer.data, answer.mimetype)
        assert seen.keys() == may_see
        for name in ("view of", "template of", "schedule of", "token of"):
            assert not [endpoint for endpoint, text in seen.items() if f"{name} {typed.NAME}" in text], name


def test_tables_keep_it_where_it_is_read_and_nowhere_else(portal: Portal) -> None:
    with connect("owner") as owner:
        names = owner.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('portal', 'ops', 'jobs')"
        ).fetchall()
        rows = {
            name: owner.execute(f"select coalesce(string_agg(t::text, ' '), '') from {name} as t").fetchall()[0][0]
            for (name,) in names
        }
        mails = owner.execute("select count(*) from portal.mails").fetchall()[0][0]
        records = owner.execute(
            "select count(*) from portal.audit_log where new_values::text like '%_sealed%'"
        ).fetchall()[0][0]
    assert {name for name, text in rows.items() if typed.holds(text)} == _KEPT.keys()
    assert mails >= 5
    assert records >= 10


def test_what_commands_and_mails_say_of_it_holds_none(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect("owner") as owner:
        owner.execute("update portal.export_schedules set next_due = '2026-01-01'")
    runner, said = portal.app.test_cli_runner(), ""
    said += runner.invoke(args=["export-jobs", "due"]).output
    assert "copies are queued" in said
    with connect("owner") as owner:
        waiting = owner.execute("select id from portal.export_log where status = 'waiting'").fetchall()
    for (number,) in waiting:
        said += runner.invoke(args=["export-jobs", "make", str(number)]).output
    said += runner.invoke(args=["case-logs", "verify"]).output
    assert "Made export" in said
    with connect("owner") as owner:
        said += str(owner.execute("select kind, subject, body from portal.mails").fetchall())
    assert "scheduled_export" in said
    assert typed.holds(said) == []
    monkeypatch.setenv("DAYBOOK_BACKUP_DIR", str(tmp_path / "backups"))
    path = create("test", datetime.now(UTC))[0]
    assert typed.holds(repr(open_sealed(path, load_backup_keys()).manifest) + path.name) == []
    assert typed.holds(path.read_bytes().decode("latin-1")) == []


# A row that the database refuses is told with all that is in it.
_REFUSE = "alter table {} add constraint refused check (false) not valid"
_REFUSED = {
    "portal.saved_views": ("/staff/views/new", {"view": "/staff/reports/revenue", "name": f"again {typed.NAME}"}),
    "portal.api_tokens": ("/account/tokens/new", {"name": f"again {typed.NAME}", "days": "3"}),
    "portal.export_templates": (
        "/exports/templates",
        {"entity": "write-offs", "format": "csv", "hospitalId": "H1", "name": f"again {typed.NAME}"},
    ),
    "portal.write_offs": (
        "/staff/write-offs/new",
        {"invoiceId": "I06", "hospitalId": "H1", "amount": "0.01", "category": "OTHER", "reason": typed.WORDS},
    ),
}


@pytest.mark.parametrize("table", _REFUSED)
def test_a_failure_repeats_none_of_it(portal: Portal, told: list[str], table: str) -> None:
    address, form = _REFUSED[table]
    told.clear()
    with connect("owner", autocommit=True) as owner:
        owner.execute(_REFUSE.format(table))
        try:
            answer = portal.boss.post(address, data={"csrf_token": portal.csrf()} | form)
        finally:
            owner.execute(f"alter table {table} drop constraint refused")
    assert answer.status_code in (400, 503)
    assert answer.status_code == 400 or typed.holds(answer.text) == []
    assert typed.holds(" ".join(told)) == []


def test_what_is_refused_is_said_again_to_nobody_but_in_the_form(portal: Portal, told: list[str]) -> None:
    told.clear()
    headers = {"X-CSRFToken": portal.csrf()}
    for body in (
        {"invoiceId": typed.NAME, "amount": typed.WORDS, "category": typed.NAME, "reason": typed.WORDS, "notes": 7},
        {"invoiceId": "I06", "amount": "1.00", "category": "OTHER", "reason": typed.WORDS * 500},
        [typed.WORDS],
    ):
        answer = portal.boss.post("/api/v1/financial-reports/write-offs", json=body, headers=headers)
        assert (answer.status_code, typed.holds(answer.text)) == (400, [])
    for address, form in (
        ("/staff/views/new", {"view": f"/staff/{typed.FILE}", "name": typed.NAME}),
        ("/exports/templates", {"entity": typed.NAME, "name": typed.NAME}),
        ("/audit/uploads", {"provider": typed.NAME}),
        (f"/staff/outstanding/{typed.NAME}/follow-ups", {"note": typed.WORDS}),
    ):
        answer = portal.boss.post(address, data={"csrf_token": portal.csrf()} | form)
        assert (answer.status_code in (400, 404), typed.holds(answer.text)) == (True, []), address
    assert typed.holds(" ".join(told)) == []
    with connect("owner") as owner:
        records = owner.execute("select string_agg(l::text, ' ') from portal.audit_log as l").fetchall()[0][0]
    assert typed.holds(records) == []
