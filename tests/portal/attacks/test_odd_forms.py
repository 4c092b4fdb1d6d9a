"""Forms that no page of ours sends: empty ones, and every field of every form with what cannot be in it. Nothing fails.

Made from the URL map and the templates: a new route and a new field are tried as soon as they are there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.api.v1.write_off_parameters import Body
from portal.blueprints.write_off_batches import BatchBody
from portal.permissions import ROLE_PERMISSIONS
from portal.security import PUBLIC, allowed, demands
from tests.portal import world
from tests.portal.attacks.target import Target
from tests.portal.billing_audit import logs
from warehouse.engine import connect
from warehouse.settings import ROOT

# Each ends the session that sends it, or changes what it is let in with.
_ENDS = ("security.", "account.sign_out_everywhere")
_ODD = {
    "letters": "x", "nothing": "", "long": "9" * 400, "control": "a\x00b\x1b", "negative": "-1",
    "day": "0001-01-01", "uuid": "0" * 32,
}  # fmt: skip
_NAME = re.compile(r"""name=["'](\w+)["']|request\.form\.get(?:list)?\("(\w+)\"""")


@pytest.fixture(scope="module")
def found(target: Target) -> dict[str, Any]:
    """What addresses name, at H1: a case, a dispute, a file that waits, an entry of a follow-up."""
    doctor = world.sign_in(
        target.app, world.add_user(target.app, "provider", email="odd.doctor@clinic.org", providers=["D1"])
    )
    logs.import_log(doctor)
    key = logs.key_of(doctor, "T77")
    dispute = logs.post(doctor, f"/audit/disputes/new/{logs.key_of(doctor, 'T3')}", onDate="2026-03-20", claimed="5.00")
    assert dispute.status_code == 302
    token = target.form_token("accountant")
    added = target.browser("accountant").post(
        "/staff/outstanding/I06/follow-ups?hospitalId=H1", data={"csrf_token": token, "note": "called"}
    )
    assert added.status_code == 302
    with connect("owner") as owner:
        draft = owner.execute("select max(id) from portal.case_log_uploads").fetchall()[0][0]
    return {"key": key, "upload": draft, "invoice_id": "I06"}


def _writes(target: Target) -> Iterator[tuple[str, Rule]]:
    for rule in target.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            yield method, rule


class _People:
    """Somebody of each role at H1, for these forms alone."""

    def __init__(self, target: Target) -> None:
        self.target, self.browsers = target, dict[str, tuple[FlaskClient, str]]()

    def browser(self, role: str, rule: Rule) -> tuple[FlaskClient, str]:
        """Return a browser and its form's token; a new session where the last one may have ended."""
        email = f"odd.{role}@clinic.org"
        if role not in self.browsers:
            world.add_user(self.target.app, role, email=email, providers=["D1"])
        if role not in self.browsers or rule.endpoint.startswith(_ENDS):
            client = world.sign_in(self.target.app, email)
            self.browsers[role] = client, world.csrf_token(client.get("/account").text)
        return self.browsers[role]


@pytest.fixture(scope="module")
def people(target: Target) -> _People:
    return _People(target)


def _roles(target: Target, rule: Rule) -> list[str]:
    demanded = demands(target.app, rule.endpoint)
    return [role for role, may in ROLE_PERMISSIONS.items() if allowed(demanded, may)]


def _address(target: Target, rule: Rule, found: dict[str, Any]) -> str:
    number = {"number": found["upload"]} if rule.endpoint.startswith("case_logs.") else {}
    return target.address(rule, **found | number) + "?hospitalId=H1"


def _fields() -> set[str]:
    """Names of fields: of templates, of what views read, and of the models that forms and bodies are read as."""
    places = [*(ROOT / "portal" / "templates").rglob("*.html"), *(ROOT / "portal" / "blueprints").glob("*.py")]
    named = {
        name for path in places for pair in _NAME.findall(path.read_text(encoding="utf-8")) for name in pair if name
    }
    models, every = [Body, BatchBody], set[str]()
    while models:
        model = models.pop()
        models += model.__subclasses__()
        every |= {field.alias or name for name, field in model.model_fields.items()}
    return (named | every) - {"csrf_token"}


def _problem(client: FlaskClient, method: str, address: str, csrf: str, **more: Any) -> str | None:
    try:
        with client.open(address, method=method, headers={"X-CSRFToken": csrf}, **more) as answer:
            if answer.status_code < 500 and (answer.status_code < 400 or len(answer.data) > 40):
                return None
            return f"{method} {address} {more}: {answer.status_code} {answer.text[:200]}"
    except Exception as error:  # noqa: BLE001 - told in the end, with the rest
        return f"{method} {address} {more}: {type(error).__name__} {error}"


def test_an_empty_form_is_no_failure(target: Target, found: dict[str, Any], people: _People) -> None:
    problems, tried = [], 0
    for method, rule in _writes(target):
        bodies: list[dict[str, Any]] = [{}, {"data": {"csrf_token": ""}}]
        if rule.rule.startswith("/api/"):
            bodies = [{}, {"json": {}}, {"json": []}, {"json": None}, {"data": {}}]
        for role in _roles(target, rule):
            for body in bodies:
                client, csrf = people.browser(role, rule)
                problems.append(_problem(client, method, _address(target, rule, found), csrf, **body))
                tried += 1
        if demands(target.app, rule.endpoint) == (PUBLIC,):
            stranger = target.app.test_client()
            csrf = world.csrf_token(stranger.get("/login").text)
            problems.append(_problem(stranger, method, _address(target, rule, found), csrf))
    assert [one for one in problems if one] == []
    assert tried > 300


@pytest.mark.parametrize("how", _ODD)
def test_no_field_of_any_form_is_a_failure(target: Target, found: dict[str, Any], people: _People, how: str) -> None:
    names = _fields()
    assert len(names) > 60
    problems = []
    for method, rule in _writes(target):
        client, csrf = people.browser("super_admin", rule)
        if rule.endpoint.startswith(("case_", "statements.", "api_v1.billing_audit")):
            client, csrf = people.browser("provider", rule)
        odd = dict.fromkeys(names, _ODD[how])
        more: dict[str, Any] = {"data": odd}
        if rule.rule.startswith("/api/"):
            more = {"json": odd}
        elif rule.endpoint in ("case_logs.create", "statements.preview"):
            more = {"data": odd | {"file": (io.BytesIO(_ODD[how].encode()), "odd.csv")}}
        problems.append(_problem(client, method, _address(target, rule, found), csrf, **more))
    assert [one for one in problems if one] == []
