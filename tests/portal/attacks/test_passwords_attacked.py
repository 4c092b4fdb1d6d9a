"""Passwords, resets and invitations: what may be typed, what is told, and what a change ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal import world
from tests.portal.attacks.target import Target
from warehouse.engine import connect

_NEW = "quite another one"
_SITE = "https://daybook.example.org"


def _send(client: FlaskClient, address: str, **form: str) -> TestResponse:
    token = client.get("/api/v1/me").json.get("data", {}).get("csrfToken") or world.csrf_token(client.get(address).text)
    return client.post(address, data={"csrf_token": token} | form)


def _change(client: FlaskClient, old: str, new: str) -> TestResponse:
    return _send(client, "/password", password=old, new_password=new, new_password_confirm=new)


def _sign_in(target: Target, email: str, password: str) -> TestResponse:
    return _send(target.app.test_client(), "/login", email=email, password=password)


@pytest.mark.parametrize(
    "password",
    [
        "x9 " * 20 + "tail", "Zq" + "0123456789" * 12 + "8-tail", "пароль для клиники",
        "密碼是一個很長的句子嗎是的", "🦊🐢🦉🐝🦋🐙🦔🐌🦀🐠🦓🦒",
        "  blanks before and after  ", "tab\tand 'quotes' \"x\" <b> & %00 ;--", "cafe\u0301 au lait bien chaud",
    ],
)  # fmt: skip
def test_any_password_works_whole_and_exactly(target: Target, password: str) -> None:
    email = world.add_user(target.app, "viewer", email=f"p{abs(hash(password))}@clinic.org")
    assert _change(world.sign_in(target.app, email), world.PASSWORD, password).status_code == 302
    assert _sign_in(target, email, password).status_code == 302
    for other in (password[:-1], password[1:], password + "x", password.swapcase() + "y", password[:64] + "x"):
        if other != password:
            assert _sign_in(target, email, other).status_code == 200, other


@pytest.mark.parametrize("password", ["x" * 5000, "short", "", "           ", "x" * 900_000])
def test_other_passwords_are_refused_without_a_failure(target: Target, password: str) -> None:
    email = world.add_user(target.app, "viewer", email=f"r{len(password)}@clinic.org")
    client = world.sign_in(target.app, email)
    assert _change(client, world.PASSWORD, password).status_code in (200, 413)
    assert _sign_in(target, email, password).status_code in (200, 413)
    assert _sign_in(target, email, world.PASSWORD).status_code == 302


def test_a_change_wants_the_present_one_and_ends_the_other_sessions(target: Target) -> None:
    email = world.add_user(target.app, "viewer", email="changes@clinic.org")
    here, elsewhere = world.sign_in(target.app, email), world.sign_in(target.app, email)
    for old in ("", "wrong", world.PASSWORD + "x"):
        assert _change(here, old, _NEW).status_code == 200
    assert _sign_in(target, email, _NEW).status_code == 200
    kept = here.get_cookie("daybook_session")
    assert _change(here, world.PASSWORD, _NEW).status_code == 302
    assert here.get("/api/v1/me").status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401
    copy = target.app.test_client()
    copy.set_cookie("daybook_session", kept.value)
    assert copy.get("/api/v1/me").status_code == 401
    assert here.get("/password?password=x&new_password=y").status_code == 200  # nothing is changed by an address


@pytest.fixture
def site(target: Target) -> Iterator[Target]:
    """The portal with an address of its own, so that it sends links."""
    target.app.config["SITE_URL"] = _SITE
    yield target
    target.app.config["SITE_URL"] = ""


def _told(answer: TestResponse, email: str) -> str:
    """What an answer says, without what is new in each."""
    return re.sub(r'value="[^"]*"', "", answer.text.replace(email, "somebody"))


def test_nothing_tells_who_has_an_account(site: Target) -> None:
    with connect("owner") as owner:
        owner.execute("update portal.users set active = false where email = 'provider@clinic.org'")
        owner.commit()
    emails = ("viewer@clinic.org", "nobody@clinic.org", "provider@clinic.org", "VIEWER@clinic.org")
    for address, more in (("/login", {"password": "guess"}), ("/new-password", {})):
        answers = [_send(site.app.test_client(), address, email=email, **more) for email in emails]
        assert (
            len({(answer.status_code, _told(answer, email)) for answer, email in zip(answers, emails, strict=True)})
            == 1
        )
        assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


def test_a_sign_in_does_the_same_work_for_everybody(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    context, worked = target.app.extensions["security"].pwd_context, []
    for name in ("verify", "hash"):
        real = getattr(context, name)
        monkeypatch.setattr(context, name, lambda *args, real=real: (worked.append("argon2"), real(*args))[1])
    counts = []
    for email in ("viewer@clinic.org", "nobody@clinic.org", "provider@clinic.org"):
        worked.clear()
        _sign_in(target, email, "guess")
        counts.append(len(worked))
    assert counts == [1, 1, 1]


def test_an_invitation_tells_no_password_and_works_once(site: Target) -> None:
    answer = site.post("hospital_admin", "/admin/users/new", email="invited@clinic.org", role="viewer", hospital="H1")
    assert answer.status_code == 302
    again = site.post("hospital_admin", "/admin/users/new", email="invited@clinic.org", role="viewer", hospital="H1")
    assert again.status_code == 400
    with connect("owner") as owner:
        (body,) = owner.execute(
            "select body from portal.mails join portal.users on users.id = mails.user_id where email = 'invited@clinic.org'"
        ).fetchall()[0]
    found = re.search(rf"{_SITE}(/new-password/\S+)", body)
    assert found
    assert "/new-password/" in body and "password is" not in body.lower()
    for wrong in (found[1][:-1], found[1] + "x", found[1].replace("/new-password/", "/new-password/x")):
        assert site.app.test_client().get(wrong).location == "/new-password"
    client = site.app.test_client()
    assert _send(client, found[1], password=_NEW, password_confirm=_NEW).location == "/login"
    assert client.get(found[1]).location == "/new-password"
    assert _sign_in(site, "invited@clinic.org", _NEW).status_code == 302


def test_the_fields_work_with_a_password_manager(target: Target) -> None:
    login = target.app.test_client().get("/login").text
    assert 'autocomplete="username"' in login
    assert 'autocomplete="current-password"' in login
    change = target.browser("viewer").get("/password").text
    assert change.count('autocomplete="new-password"') == 2
    for page in (login, change):
        assert 'autocomplete="off"' not in page
        assert "onpaste" not in page
        assert "maxlength" not in page.lower()


@pytest.mark.parametrize("name", ["admin", "root", "administrator", "test", "demo", "daybook", "guest", "postgres"])
def test_there_is_no_account_that_nobody_made(target: Target, name: str) -> None:
    with connect("owner") as owner:
        assert owner.execute("select count(*) from portal.users where email like %s", [f"{name}@%"]).fetchone() == (0,)
