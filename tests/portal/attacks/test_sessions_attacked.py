"""Cookies that were planted, copied or kept, and sessions of people whose rights ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.services import tokens
from tests.portal import world
from tests.portal.attacks.target import Target
from tests.production import production
from warehouse.engine import connect


@pytest.fixture
def person(target: Target, request: pytest.FixtureRequest) -> str:
    """A viewer of this test's own."""
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    return world.add_user(target.app, "viewer", email=f"{name}@clinic.org")


def _cookie(client: FlaskClient) -> str:
    kept = client.get_cookie("daybook_session")
    assert kept is not None
    return kept.value


def _with(app: Flask, cookie: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("daybook_session", cookie)
    return client


def _is_in(client: FlaskClient) -> bool:
    return client.get("/api/v1/me").status_code == 200


def test_a_planted_cookie_is_not_the_one_of_the_session(target: Target, person: str) -> None:
    planted = target.app.test_client()
    token = world.csrf_token(planted.get("/login").text)
    before = _cookie(planted)
    victim = _with(target.app, before)
    form = {"email": person, "password": world.PASSWORD, "csrf_token": token}
    assert victim.post("/login", data=form).status_code == 302
    assert _is_in(victim)
    assert _cookie(victim) != before
    assert not _is_in(_with(target.app, before))
    assert not _is_in(planted)


def test_every_sign_in_is_a_session_of_its_own(target: Target, person: str) -> None:
    first, second = world.sign_in(target.app, person), world.sign_in(target.app, person)
    first.post("/logout", data={"csrf_token": first.get("/api/v1/me").json["data"]["csrfToken"]})
    assert not _is_in(first)
    assert _is_in(second)


def test_a_copied_cookie_opens_nothing_after_signing_out(target: Target, person: str) -> None:
    client = world.sign_in(target.app, person)
    copies = [_cookie(client)]
    client.get("/staff/reports")
    copies.append(_cookie(client))
    assert all(_is_in(_with(target.app, copy)) for copy in copies)
    client.post("/logout", data={"csrf_token": client.get("/api/v1/me").json["data"]["csrfToken"]})
    assert not any(_is_in(_with(target.app, copy)) for copy in copies)
    assert "You were signed out" in _with(target.app, copies[0]).get("/staff/reports", follow_redirects=True).text


def test_a_copied_cookie_opens_nothing_after_the_time_is_up(target: Target, person: str) -> None:
    app, start = target.app, datetime.now(UTC)
    at, clock = [start], app.config["CLOCK"]
    app.config["CLOCK"] = lambda: at[0]
    try:
        client = world.sign_in(app, person)
        thief = _with(app, _cookie(client))
        at[0] = start + timedelta(minutes=10)
        assert _is_in(thief)  # goes on by itself
        at[0] = start + timedelta(minutes=16)
        assert not _is_in(client)
        assert not _is_in(thief)
    finally:
        app.config["CLOCK"] = clock


def test_what_is_kept_of_a_session_is_no_way_in(target: Target, person: str) -> None:
    client = world.sign_in(target.app, person)
    with client.session_transaction() as session:
        number = session["number"]
    client.post("/logout", data={"csrf_token": client.get("/api/v1/me").json["data"]["csrfToken"]})
    with connect("owner") as owner:
        kept = owner.execute("select session_hash from portal.ended_sessions").fetchall()
    assert kept
    assert len(number) >= 43  # 256 bits
    assert number.encode() not in b"".join(row[0] for row in kept)


@pytest.mark.parametrize("change", ["x", "payload", "signature", ""])
def test_a_cookie_of_ones_own_making_opens_nothing(target: Target, person: str, change: str) -> None:
    cookie = _cookie(world.sign_in(target.app, person))
    payload, time, signature = cookie.rsplit(".", 2)
    other = {
        "x": "x",
        "payload": f"{payload[:-2]}AA.{time}.{signature}",
        "signature": f"{payload}.{time}.{signature[::-1]}",
        "": "",
    }
    assert not _is_in(_with(target.app, other[change]))


def test_a_session_stands_in_no_address(target: Target, person: str) -> None:
    client = world.sign_in(target.app, person)
    cookie = _cookie(client)
    for name in ("daybook_session", "session", "sid", "token", "access_token", "auth_token", "api_key", "bearer"):
        assert target.app.test_client().get("/api/v1/me", query_string={name: cookie}).status_code == 401
    assert cookie not in client.get("/staff/reports").text


@pytest.mark.parametrize(
    "place", ["query", "form", "cookie", "X-API-Key", "X-Auth-Token", "Authentication-Token", "Basic"]
)
def test_a_token_is_taken_from_its_header_only(target: Target, person: str, place: str) -> None:
    with target.app.app_context():
        token = tokens.create(person, 1, datetime.now(UTC), by="test")
    client = target.app.test_client()
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    names = ("token", "access_token", "auth_token", "api_key")
    if place == "cookie":
        for name in names:
            client.set_cookie(name, token)
        answer = client.get("/api/v1/me")
    elif place in ("query", "form"):
        answer = client.get(
            "/api/v1/me", **{"query_string" if place == "query" else "data": dict.fromkeys(names, token)}
        )
    else:
        name, value = ("Authorization", f"Basic {token}") if place == "Basic" else (place, token)
        answer = client.get("/api/v1/me", headers={name: value})
    assert answer.status_code == 401


def _change(sql: str) -> Callable[[str], None]:
    def run(email: str) -> None:
        with connect("owner") as owner:
            owner.execute(sql, [email])
            owner.commit()

    return run


def test_rights_that_ended_end_within_the_session(target: Target, person: str) -> None:
    client = world.sign_in(target.app, person)
    with target.app.app_context():
        bearer = {"Authorization": f"Bearer {tokens.create(person, 1, datetime.now(UTC), by='test')}"}
    program = target.app.test_client()
    assert client.get("/staff/reports/revenue").status_code == 200
    assert program.get("/api/v1/reports/revenue", headers=bearer).status_code == 200
    who = "(select id from portal.users where email = %s)"
    _change(f"update portal.user_hospitals set hospital_id = 'H2' where user_id = {who}")(person)
    assert client.get("/staff/reports/revenue?hospitalId=H1").status_code == 404
    assert program.get("/api/v1/reports/revenue?hospitalId=H1", headers=bearer).status_code == 404
    _change(f"delete from portal.roles_users where user_id = {who}")(person)
    assert client.get("/staff/reports/revenue").status_code == 403
    assert program.get("/api/v1/reports/revenue", headers=bearer).status_code == 403
    _change("update portal.users set active = false where email = %s")(person)
    assert client.get("/staff/reports").status_code == 302
    assert program.get("/api/v1/me", headers=bearer).status_code == 401


def test_the_cookie_of_production_is_bound_to_its_host(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    production(monkeypatch)
    answer = world.make_app().test_client().get("/login", base_url="https://localhost")
    (sent,) = answer.headers.getlist("Set-Cookie")
    ((name, cookie),) = SimpleCookie(sent).items()
    assert name.startswith("__Host-")
    assert cookie["secure"] and cookie["httponly"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")


def test_another_site_cannot_use_a_session(target: Target, person: str) -> None:
    client = world.sign_in(target.app, person)
    token = client.get("/api/v1/me").json["data"]["csrfToken"]
    theirs = world.sign_in(target.app, "accountant@clinic.org").get("/api/v1/me").json["data"]["csrfToken"]
    for form in (
        {},
        {"csrf_token": ""},
        {"csrf_token": "x"},
        {"csrf_token": theirs},
        {"csrf_token": token[:-2] + "AA"},
    ):
        for address in ("/account/sign-out-everywhere", "/logout", "/password", "/staff/patients"):
            answer = client.post(address, data=form, query_string=form)
            assert answer.status_code in (400, 403), (address, form)
    assert _is_in(client)
    in_address = client.post("/account/sign-out-everywhere", query_string={"csrf_token": token})
    assert in_address.status_code == 400
