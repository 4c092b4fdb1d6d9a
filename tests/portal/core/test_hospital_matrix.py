"""Route by role by hospital: whoever is of H2 meets nothing of H1, with real ids of H1 in every address and form.

Made from the URL map: a route with an argument for which no id of H1 is planted fails, and so does a new one without a decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.permissions import ROLE_PERMISSIONS
from portal.security import PUBLIC, SIGNED_IN, allowed, demands
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.audit.faults import fingerprint
from tests.portal.audit.walk import Portal
from warehouse.engine import connect

# Arguments that are no ids of anything at a hospital, with what stands in their place.
_NO_IDS = {"format": "csv", "active": 0, "filename": "icon.svg", "token": "x", "figure": "receivables"}
# A run is of all hospitals: that it took place is everybody's who may see runs; what it met at H1 is not.
_SHARED = {"etl_runs.show", "etl_runs.rejects", "api_v1.etl.run"}
# Who asks for something of a batch is told on its list that nothing waits there, whether there is such a batch or not.
_TOLD_ON_A_LIST = {"write_off_batches.approve": 302}
_WORDS = "told at H1 alone"
# What was asked for is said again.
_ECHO = re.compile(r'"filters":\s*\{[^}]*\}|=H1\b')
# Of H1: its id, its name, a patient's and a user's name, what somebody typed.
_OF_H1 = re.compile(r"\bH1\b|Hudson Clinic|Muster|only-h1@|" + _WORDS)
_FORM = {
    "amount": "1.00", "category": "OTHER", "reason": "reminder", "notes": "x", "role": "viewer", "hospital": "H2",
    "email": "x@clinic.org", "q": "Muster", "digest": "0" * 64, "invoiceId": "I06", "billed": "x",
}  # fmt: skip
# What somebody of H1 keeps, by the argument that names it.
_KEPT = {
    "saved_views:number": "insert into portal.saved_views (user_id, hospital_id, name, endpoint, query)"
    " values (%s, 'H1', 'kept', 'revenue.index', '') returning id",
    "exports.forget_template:number": "insert into portal.export_templates (user_id, hospital_id, name, entity_type,"
    " export_type, created_at) values (%s, 'H1', 'kept', 'write-offs', 'csv', now()) returning id",
    "exports.end_schedule:number": "insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm,"
    " next_due, created_at) values (%s, 'kept', 'write-offs', 'csv', 'weekly', '2030-01-01', now()) returning id",
    "statements:number": "insert into portal.imported_statements (hospital_id, provider_id, month, gross_pay, commission,"
    " bonus, deductions, read_from, imported_by, imported_at) values ('H1', 'D1', '2025-01-01', 1, 0, 0, 0, 'typed', %s, now())"
    " returning id",
}
# What is of somebody of both hospitals: an administrator of one of them does not manage it.
_OF_BOTH = {"exports.end_schedule:number"}
# When somebody signed in, used a token, or got the refused rows of a run that all hospitals share (their own ones).
_CHANGED_BY_ASKING = {"portal.audit_log", "portal.users", "portal.api_tokens", "portal.export_log"}


@dataclass
class Planted:
    """The portal with ids of H1: by argument, or by part of the portal and argument where a name has several meanings."""

    portal: Portal
    ids: dict[str, Any]

    def value(self, rule: Rule, argument: str) -> Any:
        """Return an id of H1 for an argument of a route."""
        part = rule.endpoint.rpartition(".")[0]
        for name in (f"{rule.endpoint}:{argument}", f"{part}:{argument}", argument):
            if name in self.ids:
                return self.ids[name]
        pytest.fail(f"{rule.rule}: plant an id of H1 for <{argument}> (or say that it is none) in {__file__}")

    def address(self, rule: Rule) -> str:
        """Return the address of a route with ids of H1."""
        values = {argument: self.value(rule, argument) for argument in rule.arguments}
        with self.portal.app.test_request_context():
            return self.portal.app.url_for(rule.endpoint, **values)

    def rules(self) -> list[tuple[str, Rule]]:
        """Return every method and route that wants somebody."""
        return [
            (method, rule)
            for rule in self.portal.app.url_map.iter_rules()
            if demands(self.portal.app, rule.endpoint) != (PUBLIC,)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]


@pytest.fixture(scope="module")
def planted(server: str, published_world: str) -> Iterator[Planted]:
    for _ in fresh_database(server, published_world):
        app = world.make_app(SITE_URL="https://daybook.example", SMALL_BALANCE_LIMITS={"*": Decimal(100)})
        portal = Portal(app)
        user = portal.user_id(world.add_user(app, "viewer", ["H1"], "only-h1@clinic.org"))
        both = portal.user_id(world.add_user(app, "accountant", ["H1", "H2"], "of-both@clinic.org"))
        with connect("owner") as owner:
            owner.execute("update portal.write_offs set batch_id = 1, reason = %s", [_WORDS])
            one = "select {0} from {1} where hospital_id = 'H1' and {0} not in (select {0} from {1} where hospital_id = 'H2')"
            patient, invoice = (
                owner.execute(one.format(column, f"marts_b1.{table}") + " order by 1 limit 1").fetchall()[0][0]
                for column, table in (("patient_id", "dim_patients"), ("invoice_id", "outstanding_payments"))
            )
            upload = owner.execute("select max(id) from portal.case_log_uploads").fetchall()[0][0]
            kept = {
                name: owner.execute(row, [both if name in _OF_BOTH else user]).fetchall()[0][0]
                for name, row in _KEPT.items()
            }
            owner.execute(
                "insert into portal.export_recipients values (%s, %s)", [kept["exports.end_schedule:number"], user]
            )
        ids = {
            "patient_id": patient, "invoice_id": invoice, "user_id": user, "run_id": world.add_finished_run(world.INSTANT),
            "account:number": portal.token("only-h1@clinic.org"), "write_offs:number": 1, "api_v1.write_offs:number": 1,
            "batch": 1, "case_logs:number": upload, "case_decisions:key": portal.keys["show"],
            "case_decisions.billed:key": portal.keys["billed"], "case_decisions:number": 1,
            "case_disputes:key": portal.keys["new"], "case_disputes:number": 1, "case_disputes:step": 1,
            "exports.file:number": 1, "follow_ups:number": _noted(portal), **kept,
        }  # fmt: skip
        yield Planted(portal, _NO_IDS | ids)


def _noted(portal: Portal) -> int:
    address = "/staff/outstanding/I06/follow-ups?hospitalId=H1"
    assert portal.boss.post(address, data={"csrf_token": portal.csrf(), "note": _WORDS}).status_code == 302
    with connect("owner") as owner:
        number: int = owner.execute("select max(id) from portal.follow_ups").fetchall()[0][0]
    return number


def _send(client: FlaskClient, method: str, address: str, csrf: str) -> tuple[int, str]:
    more: dict[str, Any] = {}
    if method != "GET":
        body = {"notes": "x"} if method == "PATCH" else {}
        more = {"json": body} if address.startswith("/api/") else {"data": _FORM | {"csrf_token": csrf}}
    with client.open(address, method=method, headers={"X-CSRFToken": csrf}, **more) as answer:
        return answer.status_code, _ECHO.sub("", answer.get_data().decode("utf-8", "replace"))


def _browser(planted: Planted, role: str) -> tuple[FlaskClient, str]:
    email = f"{role}.of.h2@clinic.org"
    with connect("owner") as owner:
        known = owner.execute("select 1 from portal.users where email = %s", [email]).fetchone()
    if not known:
        world.add_user(planted.portal.app, role, ["H2"], email, ["D1"])
    client = world.sign_in(planted.portal.app, email)
    return client, planted.portal.csrf(client)


def test_every_id_is_one_of_h1(planted: Planted) -> None:
    """Who may see everything opens every address: a 404 of the others is no slip of these tests."""
    wrong = {}
    for method, rule in planted.rules():
        if method == "GET" and rule.arguments - set(_NO_IDS):
            address = planted.address(rule)
            client = planted.portal.browser(rule.endpoint)
            status, body = _send(client, "GET", f"{address}?hospitalId=H1", "")
            if status != 200 or (rule.endpoint in _SHARED and not _OF_H1.search(body)):
                wrong[address] = status
    assert wrong == {}


@pytest.mark.parametrize("role", [role for role in ROLE_PERMISSIONS if role != "super_admin"])
def test_an_id_of_another_hospital_does_not_exist(planted: Planted, role: str) -> None:
    client, csrf = _browser(planted, role)
    before, wrong, met = fingerprint(), [], 0
    for method, rule in planted.rules():
        if (
            not rule.arguments - {"format", "filename", "figure"}
            or rule.endpoint == "security.two_factor_setup_validate"
        ):
            continue
        address = planted.address(rule)
        status, body = _send(client, method, address, csrf)
        demanded = demands(planted.portal.app, rule.endpoint)
        expected = 403
        if allowed(demanded, ROLE_PERMISSIONS[role]):
            met += 1
            expected = 200 if rule.endpoint in _SHARED else _TOLD_ON_A_LIST.get(rule.endpoint, 404)
        if status != expected or _OF_H1.search(body):
            wrong.append((method, address, status, expected, _OF_H1.findall(body)))
    assert wrong == []
    assert _changed(before) <= _CHANGED_BY_ASKING
    assert met >= 1  # a token of somebody else's, at least


@pytest.mark.parametrize("name", ["hospitalId", "hospital"])
@pytest.mark.parametrize("role", [role for role in ROLE_PERMISSIONS if role != "super_admin"])
def test_another_hospital_cannot_be_asked_for(planted: Planted, role: str, name: str) -> None:
    client, csrf = _browser(planted, role)
    before, wrong = fingerprint(), []
    for method, rule in planted.rules():
        demanded = demands(planted.portal.app, rule.endpoint)
        if demanded == (SIGNED_IN,):
            if method == "GET" and not rule.arguments:
                status, body = _send(client, method, f"{planted.address(rule)}?{name}=H2&{name}=H1", csrf)
                wrong += [(method, rule.rule, status, "shows H1")] if _OF_H1.search(body) else []
            continue
        status, body = _send(client, method, f"{planted.address(rule)}?{name}=H2&{name}=H1", csrf)
        expected = 404 if allowed(demanded, ROLE_PERMISSIONS[role]) else 403
        if status != expected or _OF_H1.search(body):
            wrong.append((method, rule.rule, status, expected, _OF_H1.findall(body)))
    assert wrong == []
    assert _changed(before) <= _CHANGED_BY_ASKING


def _changed(before: dict[str, str]) -> set[str]:
    after = fingerprint()
    return {name for name in after if after[name] != before.get(name)}
