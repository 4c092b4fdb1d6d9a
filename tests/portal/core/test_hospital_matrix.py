"""Route by role by hospital: whoever is of H2 meets nothing of H1, with real ids of H1 in every address and form.

Made from the URL map: a route with an argument for which no id of H1 is planted fails, and so does a new one without a decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.permissions import ROLE_PERMISSIONS
from portal.security import SIGNED_IN, allowed, demands
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.audit.faults import fingerprint
from tests.portal.core import foreign_bodies as bodies
from tests.portal.core.planted import NO_IDS, WORDS, Planted, plant
from warehouse.engine import connect

# A run is of all hospitals: that it took place is everybody's who may see runs; what it met at H1 is not.
_SHARED = {"etl_runs.show", "etl_runs.rejects", "api_v1.etl.run"}
# Who asks for something of a batch is told on its list that nothing waits there, whether there is such a batch or not.
_TOLD_ON_A_LIST = {"write_off_batches.approve": 302}
# What was asked for is said again.
_ECHO = re.compile(r'"filters":\s*\{[^}]*\}|=H1\b')
# Of H1: its id, its name, a patient's and a user's name, what somebody typed.
_OF_H1 = re.compile(r"\bH1\b|Hudson Clinic|Muster|only-h1@|" + WORDS)
# The names alone: an id that a form shows again is what was typed into it.
_NAMES_OF_H1 = re.compile("Hudson Clinic|Dr One|" + WORDS)
# What differs from one answer to the next.
_UNLIKE = re.compile(r'name="csrf_token"[^>]*>|[0-9a-f]{32}|\d\d:\d\d(:\d\d)?|"csrf[^"]*":\s*"[^"]*"')
_OWN = {"invoice_id": "own_invoice", "key": "own_case", "user_id": "own_user", "patient_id": "own_patient"}
_FORM = {
    "amount": "1.00", "category": "OTHER", "reason": "reminder", "notes": "x", "role": "viewer", "hospital": "H2",
    "email": "x@clinic.org", "q": "Muster", "digest": "0" * 64, "invoiceId": "I06", "billed": "x",
}  # fmt: skip
# When somebody signed in, used a token, or got the refused rows of a run that all hospitals share (their own ones).
_CHANGED_BY_ASKING = {"portal.audit_log", "portal.users", "portal.api_tokens", "portal.export_log"}


@pytest.fixture(scope="module")
def planted(server: str, published_world: str) -> Iterator[Planted]:
    for _ in fresh_database(server, published_world):
        yield plant()


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
        if method == "GET" and rule.arguments - set(NO_IDS):
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


@pytest.fixture(scope="module")
def known(planted: Planted) -> dict[str, Any]:
    return bodies.ids(planted)


def _writes(planted: Planted) -> dict[str, tuple[str, Rule]]:
    """Every route that changes something, but for those of the sign-in, which are of one's own account."""
    found = {rule.endpoint: (method, rule) for method, rule in planted.rules() if method != "GET"}
    return {name: one for name, one in found.items() if not name.startswith("security.")}


def test_every_body_is_tried_with_ids_of_another_hospital(planted: Planted) -> None:
    tried = bodies.REFUSED.keys() | bodies.TOLD.keys() | bodies.FOUND.keys()
    assert not tried & bodies.WITHOUT_IDS.keys()
    assert tried | bodies.WITHOUT_IDS.keys() == _writes(planted).keys(), (
        "say in foreign_bodies.py what a new route is sent"
    )


@pytest.mark.parametrize("role", [role for role in ROLE_PERMISSIONS if role != "super_admin"])
def test_a_body_with_an_id_of_another_hospital_is_refused(planted: Planted, known: dict[str, Any], role: str) -> None:
    client, csrf = _writer(planted, role)
    before, at_h1, wrong = fingerprint(), bodies.of_h1(), []
    for endpoint, (method, rule) in _writes(planted).items():
        if not allowed(demands(planted.portal.app, endpoint), ROLE_PERMISSIONS[role]):
            continue
        for expected, tries in (((400, 403, 404, 409), bodies.REFUSED), ((302, 409), bodies.TOLD)):
            for one in tries.get(endpoint, ()):
                body = bodies.filled(one.body, known)
                status, text = bodies.send(client, method, _own_address(planted, rule, one, known), one, body, csrf)
                if status not in expected or _NAMES_OF_H1.search(text):
                    wrong.append((endpoint, body, status, _NAMES_OF_H1.findall(text)))
    assert wrong == []
    assert _changed(before) <= _CHANGED_BY_ASKING
    assert bodies.of_h1() == at_h1


def test_the_same_bodies_with_ids_of_ones_own_are_taken(planted: Planted, known: dict[str, Any]) -> None:
    """What is refused above is refused for the id: nothing else is wrong with it."""
    wrong = []
    for endpoint, (method, rule) in _writes(planted).items():
        demanded = demands(planted.portal.app, endpoint)
        roles = ("accountant", "hospital_admin", "provider", "practice_manager")
        role = next(one for one in roles if allowed(demanded, ROLE_PERMISSIONS[one]))
        client, csrf = _writer(planted, role)
        for number, one in enumerate(() if endpoint in bodies.NOTHING_LIKE_IT else bodies.REFUSED.get(endpoint, ())):
            body = bodies.filled(bodies.at_h2(one.body), bodies.own(known, number))
            status, text = bodies.send(client, method, _own_address(planted, rule, one, known), one, body, csrf)
            if status >= 400:
                said = re.findall(r'class="(?:field-error|error)[^>]*>([^<]*)<', text)
                wrong.append((endpoint, body, status, said))
    assert wrong == [], "\n".join(map(str, wrong))


def test_an_id_that_another_hospital_has_too_means_the_own_one(planted: Planted, known: dict[str, Any]) -> None:
    client, csrf = _writer(planted, "hospital_admin")
    at_h1 = bodies.of_h1()
    for endpoint, tries in bodies.TAKEN.items():
        method, rule = _writes(planted)[endpoint]
        for one in tries:
            body = bodies.filled(one.body, known)
            address = _own_address(planted, rule, one, known)
            assert bodies.send(client, method, address, one, body, csrf)[0] == 302
    with connect("owner") as owner:
        linked = (
            "select distinct hospital_id from portal.user_providers where provider_id = 'D1' and user_id in (%s, %s)"
        )
        invited = planted.portal.user_id(known["new_mail"])
        assert owner.execute(linked, [invited, known["own_user"]]).fetchall() == [("H2",)]
    assert bodies.of_h1() == at_h1


@pytest.mark.parametrize("role", [role for role in ROLE_PERMISSIONS if role != "super_admin"])
def test_a_filter_with_an_id_of_another_hospital_finds_nothing(
    planted: Planted, known: dict[str, Any], role: str
) -> None:
    client, csrf = _writer(planted, role)
    at_h1, wrong = bodies.of_h1(), []
    for endpoint, tries in bodies.FOUND.items():
        method, rule = _writes(planted)[endpoint]
        for one in tries if allowed(demands(planted.portal.app, endpoint), ROLE_PERMISSIONS[role]) else ():
            answers = []
            for names in (known, bodies.nothing(known)):
                body = bodies.filled(one.body, names)
                status, text = bodies.send(client, method, _own_address(planted, rule, one, known), one, body, csrf)
                for value in (known, bodies.nothing(known)):
                    for name in ("patient", "invoice", "provider", "batch"):
                        text = text.replace(str(value[name]), "?")
                answers.append((status, _UNLIKE.sub("", text)))
            if answers[0] != answers[1] or _NAMES_OF_H1.search(answers[0][1]):
                wrong.append((endpoint, one.body, answers))
    assert wrong == []
    assert bodies.of_h1() == at_h1


@pytest.mark.parametrize("role", [role for role in ROLE_PERMISSIONS if role != "super_admin"])
def test_no_field_of_any_name_reaches_another_hospital(planted: Planted, known: dict[str, Any], role: str) -> None:
    client, csrf = _writer(planted, role)
    at_h1, wrong = bodies.of_h1(), []
    for endpoint, (method, rule) in _writes(planted).items():
        if endpoint in ("account.sign_out_everywhere", "tokens.make"):
            continue  # they end this session, or make what stands for it
        one = bodies.Try({}, json=rule.rule.startswith("/api/"))
        body = bodies.filled(_FORM | bodies.EVERYTHING, known)
        address = _own_address(planted, rule, one, known, {"number": "own_dispute", "step": "step"})
        status, text = bodies.send(client, method, address, one, body, csrf)
        if status >= 500 or _NAMES_OF_H1.search(text):
            wrong.append((endpoint, status, _NAMES_OF_H1.findall(text)))
    assert wrong == []
    assert bodies.of_h1() == at_h1


def _writer(planted: Planted, role: str) -> tuple[FlaskClient, str]:
    email = f"{role}.writes.at.h2@clinic.org"
    with connect("owner") as owner:
        there = owner.execute("select 1 from portal.users where email = %s", [email]).fetchone()
    if not there:
        world.add_user(planted.portal.app, role, ["H2"], email, ["D9"])
    client = world.sign_in(planted.portal.app, email)
    return client, planted.portal.csrf(client)


def _own_address(
    planted: Planted, rule: Rule, one: bodies.Try, known: dict[str, Any], more: dict[str, str] | None = None
) -> str:
    """The address of a route with the ids that a try says, else with H2's own, else with ids of H1."""
    own = _OWN | (more or {}) | one.own
    values = {name: known[own[name]] if name in own else planted.value(rule, name) for name in rule.arguments}
    with planted.portal.app.test_request_context():
        return planted.portal.app.url_for(rule.endpoint, **values)


def _changed(before: dict[str, str]) -> set[str]:
    after = fingerprint()
    return {name for name in after if after[name] != before.get(name)}
