"""The second factor: codes of an app and recovery codes, each taken once; roles that need one; keys that are rotated."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from portal.models import User, db
from portal.services import tokens
from tests.portal import world
from tests.production import production
from warehouse.engine import connect

_KEY = re.compile(r"Key: <code>([A-Z0-9-]+)</code>")
_CODES = re.compile(r"<li><code>([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})</code></li>")
_CODE_PAGE, _SETUP, _RECOVERY = "/two-factor/code", "/two-factor/setup", "/two-factor/recovery"

_NOW = datetime.now(UTC)  # the clock stands still: no code runs out while a test is at work


@pytest.fixture
def app(app: Flask) -> Flask:
    """The portal with a clock that stands still."""
    app.config["CLOCK"] = lambda: _NOW
    return app


def _send(client: FlaskClient, address: str, shown_at: str | None = None, **form: str) -> TestResponse:
    page = client.get(shown_at or address).text
    return client.post(address, data={"csrf_token": world.csrf_token(page)} | form)


def _code(app: TOTP, steps: int = 0) -> str:
    """The code of an app, ``steps`` of 30 seconds from now."""
    return app.generate(_NOW + timedelta(seconds=30 * steps)).token


def _password(app: Flask, email: str, address: str = "/login") -> tuple[FlaskClient, TestResponse]:
    client = app.test_client()
    return client, _send(client, address, email=email, password=world.PASSWORD)


def _set_up(client: FlaskClient, steps: int = -1) -> TOTP:
    page = _send(client, _SETUP, setup="authenticator").text
    key = _KEY.search(page)
    target = re.search(r'action="([^"]+)"', page)
    assert key and target
    authenticator = TOTP(key[1].replace("-", ""))
    form = {"csrf_token": world.csrf_token(page), "code": _code(authenticator, steps)}
    assert client.post(target[1], data=form).status_code == 302
    return authenticator


def _is_in(client: FlaskClient) -> bool:
    return client.get("/staff/build").status_code == 200


@pytest.fixture
def enrolled(app: Flask) -> tuple[str, TOTP]:
    """A user with an app, whose code of half a minute ago is used up."""
    email = world.add_user(app, "viewer")
    return email, _set_up(world.sign_in(app, email))


def test_the_password_alone_does_not_get_in(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    client, answer = _password(app, enrolled[0], "/login?next=/staff/reports?hospital%3DH1")
    assert answer.location.startswith(_CODE_PAGE)
    assert not _is_in(client)
    records = [one for one in world.audit_records() if one["action"] == "login"]
    assert (records[-1]["outcome"], records[-1]["user_id"]) == ("started", "anonymous")
    done = _send(client, answer.location, code=_code(enrolled[1]))
    assert done.location == "/staff/reports?hospital=H1"
    assert _is_in(client)
    records = [one for one in world.audit_records() if one["action"] == "login"]
    assert (records[-1]["outcome"], records[-1]["user_id"]) == ("success", "1")


def test_a_code_is_taken_once(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    email, authenticator = enrolled
    code = _code(authenticator)
    first, second = _password(app, email)[0], _password(app, email)[0]
    assert _send(first, _CODE_PAGE, code=code).status_code == 302
    again = _send(second, _CODE_PAGE, code=code)
    assert "That is not the code of now" in again.text
    assert not _is_in(second)


@pytest.mark.parametrize("steps", [-2, 2])
def test_an_old_or_future_code_is_refused(app: Flask, enrolled: tuple[str, TOTP], steps: int) -> None:
    client, _ = _password(app, enrolled[0])
    assert _send(client, _CODE_PAGE, code=_code(enrolled[1], steps)).status_code == 200
    assert not _is_in(client)


def test_guessing_codes_is_put_off(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    email, authenticator = enrolled
    client, _ = _password(app, email)
    for _ in range(5):
        _send(client, _CODE_PAGE, code="000000")
    assert _send(client, _CODE_PAGE, code=_code(authenticator)).status_code == 200
    assert not _is_in(client)
    assert app.test_cli_runner().invoke(args=["users", "unlock", "--email", email]).exit_code == 0
    assert _send(client, _CODE_PAGE, code=_code(authenticator)).status_code == 302
    assert _is_in(client)


def test_a_recovery_code_gets_in_once_and_is_kept_as_a_hash(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    email, authenticator = enrolled
    client, _ = _password(app, email)
    assert "You have no recovery codes" in _follow(client, _send(client, _CODE_PAGE, code=_code(authenticator)))
    codes = _CODES.findall(_send(client, "/two-factor/recovery-codes").text)
    assert len(set(codes)) == 10
    assert codes[0] not in client.get("/two-factor/recovery-codes?show_codes=1").text
    with connect("owner") as owner:
        kept = owner.execute("select mf_recovery_codes from portal.users").fetchone()[0]
    assert len(kept) == 10
    assert not set(codes) & set(kept)
    first = _password(app, email)[0]
    assert _send(first, _RECOVERY, code=f" {codes[0].upper()} ").status_code == 302
    assert _is_in(first)
    second = _password(app, email)[0]
    assert "or it was used" in _send(second, _RECOVERY, code=codes[0]).text
    assert not _is_in(second)
    assert _send(second, _RECOVERY, code=codes[1]).status_code == 302


def _follow(client: FlaskClient, answer: TestResponse) -> str:
    return client.get(answer.location).text


@pytest.mark.parametrize("page", [_CODE_PAGE, _SETUP, _RECOVERY, "/two-factor/rescue", "/two-factor/select"])
def test_without_a_password_no_page_of_it_opens(app: Flask, page: str) -> None:
    assert app.test_client().get(page).location == "/login"


def test_no_code_goes_by_mail(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    client, _ = _password(app, enrolled[0])
    for wish in ("email", "help", "recovery_code"):
        assert _send(client, "/two-factor/rescue", help_setup=wish).status_code == 200
    with connect("owner") as owner:
        assert owner.execute("select distinct kind from portal.mails").fetchall() == [("second_factor_changed",)]


def test_a_role_that_needs_it_sets_it_up_before_anything_else(app: Flask) -> None:
    app.config["TWO_FACTOR_ROLES"] = frozenset({"accountant"})
    email = world.add_user(app, "accountant")
    client, answer = _password(app, email)
    assert answer.location == _SETUP
    assert "Your role needs one" in client.get(_SETUP).text
    assert not _is_in(client)
    _set_up(client)
    assert _is_in(client)
    assert _send(client, _SETUP, setup="disable").status_code == 200
    assert _password(app, email)[1].location.startswith(_CODE_PAGE)
    assert _password(app, world.add_user(app, "viewer"))[1].location == "/staff/reports"


def test_a_role_that_newly_needs_it_sets_it_up_within_the_session(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "accountant"))
    token = client.get("/api/v1/me").json["data"]["csrfToken"]
    app.config["TWO_FACTOR_ROLES"] = frozenset({"accountant"})
    for page in ("/staff/reports", "/account", "/password", "/two-factor/recovery-codes"):
        assert client.get(page).location == _SETUP, page
    refused = client.get("/api/v1/me")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "second_factor")
    assert client.post("/api/v1/financial-reports/write-offs", headers={"X-CSRFToken": token}).status_code == 403
    assert client.post("/account/sign-out-everywhere", data={"csrf_token": token}).location == _SETUP
    assert "Your role needs a second factor now" in client.get(_SETUP).text
    assert world.audit_records()[-2]["action"] == "access_denied"
    _set_up(client)
    assert client.get("/staff/reports").status_code == 200
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("needed", [False, True])
def test_a_session_of_before_it_was_set_up_ends(app: Flask, needed: bool) -> None:
    email = world.add_user(app, "viewer")
    of_a_thief, also, polling, owner = (world.sign_in(app, email) for _ in range(4))
    form = {"csrf_token": world.csrf_token(of_a_thief.get(_SETUP).text), "setup": "authenticator"}
    _set_up(owner)
    app.config["TWO_FACTOR_ROLES"] = frozenset({"viewer"} if needed else ())
    assert of_a_thief.post(_SETUP, data=form).location == "/login"
    assert not _is_in(of_a_thief)
    assert also.get("/staff/reports").location == "/login"
    assert "Your account has a second factor now" in also.get("/login").text
    assert polling.get("/api/v1/freshness").json["error"]["code"] == "second_factor"
    assert _is_in(owner)


def test_a_token_is_made_by_who_has_it_and_is_not_asked_for_it(app: Flask) -> None:
    email = world.add_user(app, "accountant")
    with app.app_context():
        bearer = {"Authorization": f"Bearer {tokens.create(email, 1, _NOW, by='test')}"}
    app.config["TWO_FACTOR_ROLES"] = frozenset({"accountant"})
    assert app.test_client().get("/api/v1/me", headers=bearer).status_code == 200


def test_who_need_not_have_it_switches_it_off(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    client, _ = _password(app, enrolled[0])
    _send(client, _CODE_PAGE, code=_code(enrolled[1]))
    assert _send(client, _SETUP, setup="disable").status_code == 302
    assert _password(app, enrolled[0])[1].location == "/staff/reports"


def test_changing_it_needs_a_password_typed_not_long_ago(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    app.config["FRESH_FOR"] = timedelta(0)
    for page in (_SETUP, "/two-factor/recovery-codes"):
        assert client.get(page).location == f"/verify?next={page}"


def test_an_administrator_takes_it_away(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    result = app.test_cli_runner().invoke(args=["users", "reset-second-factor", "--email", enrolled[0]])
    assert result.exit_code == 0, result.output
    assert _password(app, enrolled[0])[1].location == "/staff/reports"
    assert "second_factor_reset" in [one["action"] for one in world.audit_records()]


def test_whose_second_factor_changes_is_told_by_mail(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    assert _told() == ["set up or changed"]
    client, _ = _password(app, enrolled[0])
    _send(client, _CODE_PAGE, code=_code(enrolled[1]))
    _send(client, _SETUP, setup="disable")
    assert _told() == ["set up or changed", "switched off"]
    app.test_cli_runner().invoke(args=["users", "reset-second-factor", "--email", enrolled[0]])
    assert _told() == ["set up or changed", "switched off", "taken away by an administrator"]


def _told() -> list[str]:
    with connect("owner") as owner:
        bodies = owner.execute("select body from portal.mails where user_id = 1 order by mail_id").fetchall()
    return [re.findall(r"was just (.+)\.", body)[0] for (body,) in bodies]


def test_secrets_are_encrypted_and_outlive_a_rotation(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with_keys = _with_keys(monkeypatch)
    first = with_keys(old)
    email = world.add_user(first, "super_admin")
    authenticator = _set_up(world.sign_in(first, email))
    assert authenticator.base32_key not in _kept_secret()
    rotated = with_keys(f"{new},{old}").test_cli_runner().invoke(args=["users", "rotate-keys"])
    assert "1 second factors are encrypted" in rotated.output
    client, _ = _password(with_keys(new), email)
    assert _send(client, _CODE_PAGE, code=_code(authenticator)).status_code == 302
    assert _is_in(client)
    kept = _kept_secret()
    refused = with_keys(old).test_cli_runner().invoke(args=["users", "rotate-keys"])
    assert refused.exit_code == 2
    assert "No key in DAYBOOK_PHI_KEYS opens the second factor of user 1" in refused.output
    assert _kept_secret() == kept


def _with_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Flask]:
    def make(ring: str) -> Flask:
        monkeypatch.setenv("DAYBOOK_PHI_KEYS", ring)
        return world.make_app(CLOCK=lambda: _NOW)

    return make


def _kept_secret() -> str:
    with connect("owner") as owner:
        return str(owner.execute("select tf_totp_secret from portal.users").fetchone()[0])


@pytest.mark.parametrize(
    ("environment", "roles", "expected"),
    [
        ("development", None, set()),
        ("production", None, {"hospital_admin", "super_admin"}),
        ("production", "none", set()),
        ("development", "viewer auditor", {"viewer", "auditor"}),
    ],
)
def test_which_roles_need_it_is_a_setting(
    database: str, environment: str, roles: str | None, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    production(monkeypatch)
    monkeypatch.setenv("DAYBOOK_ENV", environment)
    if roles:
        monkeypatch.setenv("DAYBOOK_TWO_FACTOR_ROLES", roles)
    assert world.make_app().config["TWO_FACTOR_ROLES"] == expected


def test_an_unknown_role_is_no_setting(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_TWO_FACTOR_ROLES", "boss")
    with pytest.raises(Exception, match="DAYBOOK_TWO_FACTOR_ROLES has boss"):
        world.make_app()


def test_the_secret_is_never_in_the_audit_log(app: Flask, enrolled: tuple[str, TOTP]) -> None:
    with app.app_context():
        secret = db.session.query(User).one().tf_totp_secret
    assert secret not in str(world.audit_records())
    assert enrolled[1].base32_key not in str(world.audit_records())
