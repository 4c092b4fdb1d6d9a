"""Signing in and out: nobody is let in or led away who should not be."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.models import User, db
from tests.portal import world
from tests.production import production


def _try(app: Flask, email: str, password: str, address: str = "/login"):
    client = app.test_client()
    token = world.csrf_token(client.get("/login").text)
    return client, client.post(address, data={"email": email, "password": password, "csrf_token": token})


def test_a_page_that_wants_a_login_comes_back_with_its_filters(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    asked = app.test_client().get("/staff/reports?hospital=H1&start=2026-01-01")
    _, answer = _try(app, email, world.PASSWORD, asked.location)
    assert answer.location == "/staff/reports?hospital=H1&start=2026-01-01"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/x", "//evil.example", "///evil.example", "javascript:alert(1)"]
)
def test_a_login_never_leads_to_another_site(app: Flask, wanted: str) -> None:
    email = world.add_user(app, "viewer")
    assert app.test_client().get("/login", query_string={"next": wanted}).location == "/login"
    client = app.test_client()
    token = world.csrf_token(client.get("/login").text)
    form = {"email": email, "password": world.PASSWORD, "csrf_token": token, "next": wanted}
    assert "evil" not in (client.post("/login", data=form).location or "")


def test_wrong_password_and_unknown_address_look_the_same(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    _, wrong = _try(app, email, "not the password")
    _, unknown = _try(app, "nobody@clinic.org", "not the password")
    for answer in (wrong, unknown):
        assert answer.status_code == 200
        assert "The e-mail address or the password is not right." in answer.text


def test_an_inactive_user_is_not_let_in(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    with app.app_context():
        db.session.query(User).filter_by(email=email).update({"active": False})
        db.session.commit()
    client, _ = _try(app, email, world.PASSWORD)
    assert client.get("/api/v1/me").status_code == 401


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    answer = app.test_client().post("/login", data={"email": email, "password": world.PASSWORD})
    assert answer.status_code == 400
    assert "open the page again" in answer.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    _, answer = _try(app, world.add_user(app, "viewer"), world.PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_in_production_the_cookie_travels_encrypted_only(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    production(monkeypatch)
    assert "; Secure" in world.make_app().test_client().get("/login").headers["Set-Cookie"]


def test_signing_out_ends_the_session(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    token = world.csrf_token(client.get("/staff/reports").text)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout", data={"csrf_token": token}).status_code == 302
    assert client.get("/api/v1/me").status_code == 401


def test_a_changed_password_ends_the_other_sessions(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    here, elsewhere = world.sign_in(app, email), world.sign_in(app, email)
    form = {
        "csrf_token": world.csrf_token(here.get("/password").text),
        "password": world.PASSWORD,
        "new_password": "another good password",
        "new_password_confirm": "another good password",
    }
    assert here.post("/password", data=form).status_code == 302
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert [r["action"] for r in world.audit_records()].count("password_change") == 1


def test_too_many_tries_are_put_off(database: str) -> None:
    app = world.make_app(LOGIN_LIMIT="3 per minute")
    for _ in range(3):
        assert _try(app, "nobody@clinic.org", "guess")[1].status_code == 200
    _, answer = _try(app, "nobody@clinic.org", "guess")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("address", ["/login?include_auth_token", "/login?include_auth_token=true"])
def test_a_login_gives_out_no_token(app: Flask, address: str) -> None:
    email = world.add_user(app, "viewer")
    client = app.test_client()
    token = world.csrf_token(client.get("/login").text)
    answer = client.post(
        address,
        json={"email": email, "password": world.PASSWORD},
        headers={"X-CSRFToken": token, "Accept": "application/json"},
    )
    assert "authentication_token" not in answer.text
    assert not answer.is_json


def test_a_token_of_the_login_library_opens_nothing(app: Flask) -> None:
    email = world.add_user(app, "super_admin")
    with app.app_context():
        user = db.session.query(User).filter_by(email=email).one()
        token = super(User, user).get_auth_token()
    for path, refused in (("/api/v1/me", 401), ("/staff/reports", 302)):
        client = app.test_client()
        assert client.get(path, headers={"Authentication-Token": token}).status_code == refused
        assert client.get(path, query_string={"auth_token": token}).status_code == refused
