"""Passwords: which are refused, wherever one is set; and a new one by mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.services import passwords, tokens
from tests.portal import world
from warehouse.engine import connect

_SITE = "https://daybook.example.org"
_NEW = "quite another one"


def _send(client: FlaskClient, address: str, **form: str) -> TestResponse:
    return client.post(address, data={"csrf_token": world.csrf_token(client.get(address).text)} | form)


def _mails(kind: str = "password_reset") -> list[str]:
    with connect("owner") as owner:
        rows = owner.execute("select body from portal.mails where kind = %s order by mail_id", [kind]).fetchall()
    return [str(row[0]) for row in rows]


def _ask(app: Flask, email: str) -> str:
    """Ask for a link and return the answer without what is new in every answer."""
    client = app.test_client()
    answer = _send(client, "/new-password", email=email)
    assert answer.status_code == 200
    return answer.text.replace(world.csrf_token(answer.text), "").replace(email, "")


def _link(body: str) -> str:
    found = re.search(rf"{_SITE}(/new-password/\S+)", body)
    assert found, body
    return found[1]


@pytest.fixture
def site(app: Flask) -> Flask:
    app.config["SITE_URL"] = _SITE
    return app


@pytest.mark.parametrize(
    "password",
    [
        "qwerty123456",
        "QWERTY123456",
        "sunshine2024!",
        "!!password99",
        "passwordpassword",
        "abcabcabcabc",
        "aaaaaaaaaaaa",
        "ann.miller@clinic.org",
        "Ann.Miller@Clinic.org",
        "x" * 64 + "yz" * 33,
    ],
)
def test_these_are_refused(password: str) -> None:
    assert passwords.problem(password, "ann.miller@clinic.org") is not None


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "74920485716483",
        "sunshine over the old harbour",
        "Zq7-monkey-82-tower",
        "é" * 9 + "abc",
    ],
)
def test_these_are_not(password: str) -> None:
    assert passwords.problem(password, "ann.miller@clinic.org") is None


def test_the_list_is_all_there() -> None:
    assert len(passwords._breached() - {""}) == 30_000


def test_a_new_user_gets_none_of_them(empty_app: Flask) -> None:
    args = ["users", "create", "--email", "ann@clinic.org", "--role", "super_admin", "--password", "sunshine2024!"]
    result = empty_app.test_cli_runner().invoke(args=args)
    assert result.exit_code == 2
    assert "guessed first" in result.output


def test_a_change_gets_none_of_them(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    form = {"password": world.PASSWORD, "new_password": "sunshine2024!", "new_password_confirm": "sunshine2024!"}
    answer = _send(client, "/password", **form)
    assert (answer.status_code, "guessed first" in answer.text) == (200, True)
    assert _send(client, "/password", **form | {"new_password": _NEW, "new_password_confirm": _NEW}).status_code == 302
    assert len(_mails("password_changed")) == 1


def test_a_link_by_mail_sets_a_password_once(site: Flask) -> None:
    email = world.add_user(site, "viewer")
    session = world.sign_in(site, email)
    _ask(site, email)
    link = _link(_mails()[0])
    client = site.test_client()
    refused = _send(client, link, password="sunshine2024!", password_confirm="sunshine2024!")
    assert "guessed first" in refused.text
    done = _send(client, link, password=_NEW, password_confirm=_NEW)
    assert done.location == "/login"
    assert session.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me").status_code == 401
    assert client.get(link).location == "/new-password"
    assert _send(client, "/login", email=email, password=world.PASSWORD).status_code == 200
    assert _send(client, "/login", email=email, password=_NEW).status_code == 302
    assert len(_mails("password_was_reset")) == 1
    resets = [one["outcome"] for one in world.audit_records() if one["action"] == "password_reset"]
    assert resets == ["failed", "success", "denied"]
    assert link.rsplit("/", 1)[1] not in str(world.audit_records())


def test_with_a_new_password_by_mail_no_token_is_left(site: Flask) -> None:
    email = world.add_user(site, "viewer")
    with site.app_context():
        bearer = {"Authorization": f"Bearer {tokens.create(email, 9, datetime.now(UTC), by='test')}"}
    client = site.test_client()
    assert client.get("/api/v1/me", headers=bearer).status_code == 200
    _ask(site, email)
    _send(client, _link(_mails()[0]), password=_NEW, password_confirm=_NEW)
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_with_a_changed_password_no_token_is_left(app: Flask) -> None:
    """Of two safe ways this is the one that needs no thought: who changes a password has a reason to."""
    email = world.add_user(app, "viewer")
    with app.app_context():
        bearer = {"Authorization": f"Bearer {tokens.create(email, 9, datetime.now(UTC), by='test')}"}
    client = world.sign_in(app, email)
    assert app.test_client().get("/api/v1/me", headers=bearer).status_code == 200
    page = client.get("/password").text
    assert "your API tokens are revoked" in page
    _send(client, "/password", password=world.PASSWORD, new_password=_NEW, new_password_confirm=_NEW)
    assert app.test_client().get("/api/v1/me", headers=bearer).status_code == 401
    (record,) = [one for one in world.audit_records() if one["action"] == "password_change"]
    assert record["details"]["tokens_revoked"] == [1]
    assert "API tokens are revoked" in _mails("password_changed")[0]


@pytest.mark.parametrize("guess", ["guess", "x" * 60, "IjEi.used.or-wrong"])
def test_a_guessed_link_is_on_record(site: Flask, guess: str) -> None:
    client = site.test_client()
    address = f"/new-password/{guess}"
    assert client.get(address).location == "/new-password"
    form = {"password": _NEW, "password_confirm": _NEW, "csrf_token": world.csrf_token(client.get("/login").text)}
    assert client.post(address, data=form).location == "/new-password"
    found = [(one["action"], one["outcome"], one["user_id"], one["resource_id"]) for one in world.audit_records()]
    assert found == [("password_reset", "denied", "anonymous", "(withheld)")] * 2
    _ask(site, world.add_user(site, "viewer"))
    assert client.get(_link(_mails()[0])).status_code == 200
    assert len(world.audit_records()) == 4  # the user, and who asked: a right link leads to an empty form


def test_the_second_factor_is_still_asked_for(site: Flask) -> None:
    email = world.add_user(site, "viewer")
    _ask(site, email)
    site.config["TWO_FACTOR_ROLES"] = frozenset({"viewer"})
    client = site.test_client()
    assert _send(client, _link(_mails()[0]), password=_NEW, password_confirm=_NEW).location == "/login"
    assert _send(client, "/login", email=email, password=_NEW).location == "/two-factor/setup"
    assert client.get("/api/v1/me").status_code == 401


def test_the_answer_is_the_same_for_who_is_unknown_or_inactive(site: Flask) -> None:
    email = world.add_user(site, "viewer")
    known = _ask(site, email)
    with connect("owner") as owner:
        owner.execute("update portal.users set active = false")
    assert {known, _ask(site, "nobody@clinic.org"), _ask(site, email)} == {known}
    assert len(_mails()) == 1
    assert "nobody" not in str(world.audit_records())


def test_the_link_leads_to_the_portal_whatever_the_request_says(site: Flask) -> None:
    email = world.add_user(site, "viewer")
    client = site.test_client()
    token = world.csrf_token(client.get("/new-password", headers={"Host": "evil.example"}).text)
    form = {"email": email, "csrf_token": token}
    client.post("/new-password", data=form, headers={"Host": "evil.example"})
    assert "evil" not in "".join(_mails())
    assert len(_mails()) == 1


def test_nobody_is_flooded_with_mails(site: Flask) -> None:
    email, at = world.add_user(site, "viewer"), world.INSTANT
    site.config["CLOCK"] = lambda: at
    said = {_ask(site, email) for _ in range(8)}
    assert (len(said), len(_mails())) == (1, 5)
    at = at + timedelta(minutes=1)
    assert {_ask(site, email)} == said
    assert len(_mails()) == 6


def test_without_the_portals_address_there_is_no_link(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    client = app.test_client()
    page = client.get("/new-password").text
    assert "sends no links by mail" in page
    assert "/new-password" not in client.get("/login").text
    token = world.csrf_token(client.get("/login").text)
    assert client.post("/new-password", data={"email": email, "csrf_token": token}).status_code == 200
    assert _mails() == []


def test_a_link_ends_after_an_hour(site: Flask) -> None:
    _ask(site, world.add_user(site, "viewer"))
    site.config["SECURITY_RESET_PASSWORD_WITHIN"] = timedelta(seconds=-1)
    client = site.test_client()
    answer = client.get(_link(_mails()[0]))
    assert answer.location == "/new-password"
    assert "too old" in client.get(answer.location).text
