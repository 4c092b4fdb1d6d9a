"""How long a session lasts, by a clock that the test moves; and signing out everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.services import tokens
from tests.portal import world
from warehouse.settings import SettingsError

_VIEW = "/staff/reports?hospitalId=H1&currency=USD"


@dataclass
class Clock:
    """Shows an instant until it is moved."""

    instant: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def clocked(app: Flask, clock: Clock) -> Flask:
    app.config["CLOCK"] = clock
    return app


def _is_in(client: FlaskClient) -> bool:
    return client.get("/staff/build").status_code == 200  # polling: asks without using the session


def test_a_session_that_is_not_used_ends_after_a_quarter_of_an_hour(clocked: Flask, clock: Clock) -> None:
    client = world.sign_in(clocked, world.add_user(clocked, "viewer"))
    clock.move(minutes=14, seconds=59)
    assert client.get(_VIEW).status_code == 200
    clock.move(minutes=14, seconds=59)
    assert _is_in(client)
    clock.move(seconds=1)
    assert not _is_in(client)


def test_polling_does_not_keep_a_session(clocked: Flask, clock: Clock) -> None:
    client = world.sign_in(clocked, world.add_user(clocked, "viewer"))
    for _ in range(14):
        clock.move(minutes=1)
        assert _is_in(client)
    clock.move(minutes=1)
    assert not _is_in(client)


def test_a_session_ends_after_its_hours_however_it_is_used(clocked: Flask, clock: Clock) -> None:
    client = world.sign_in(clocked, world.add_user(clocked, "viewer"))
    for _ in range(71):
        clock.move(minutes=10)
        assert client.get("/api/v1/me").status_code == 200
    clock.move(minutes=10)
    assert client.get("/api/v1/me").status_code == 401


def test_who_was_signed_out_is_told_and_comes_back_to_the_view(clocked: Flask, clock: Clock) -> None:
    client = world.sign_in(clocked, world.add_user(clocked, "viewer"))
    clock.move(minutes=15)
    answer = client.get(_VIEW)
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "because nothing was done for a while" in page
    form = {"email": "viewer@clinic.org", "password": world.PASSWORD, "csrf_token": world.csrf_token(page)}
    assert client.post(answer.location, data=form).location == _VIEW
    assert client.get(_VIEW).status_code == 200


def test_a_token_has_no_session_to_end(clocked: Flask, clock: Clock) -> None:
    email = world.add_user(clocked, "viewer")
    with clocked.app_context():
        bearer = {"Authorization": f"Bearer {tokens.create(email, 1, clock(), by='test')}"}
    clock.move(hours=13)
    assert clocked.test_client().get("/api/v1/me", headers=bearer).status_code == 200


@pytest.mark.parametrize("name", ["DAYBOOK_SESSION_MINUTES", "DAYBOOK_SESSION_HOURS"])
def test_a_session_of_no_length_is_no_setting(database: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "0")
    with pytest.raises(Exception, match=f"{name} is 0: write 1 or more") as caught:
        world.make_app()
    assert isinstance(caught.value.__cause__, SettingsError)


@pytest.mark.parametrize("tokens_too", [False, True])
def test_signing_out_everywhere_ends_every_session(app: Flask, tokens_too: bool) -> None:
    email, other = world.add_user(app, "viewer"), world.add_user(app, "accountant")
    here, elsewhere, somebody_else = (world.sign_in(app, who) for who in (email, email, other))
    with app.app_context():
        bearer = {"Authorization": f"Bearer {tokens.create(email, 1, datetime.now(UTC), by='test')}"}
    form = {"csrf_token": world.csrf_token(here.get("/account").text)} | ({"tokens": "yes"} if tokens_too else {})
    answer = here.post("/account/sign-out-everywhere", data=form)
    assert "signed out on every device" in here.get(answer.location).text
    assert [_is_in(client) for client in (here, elsewhere, somebody_else)] == [False, False, True]
    refused = app.test_client().get("/api/v1/me", headers=bearer).status_code == 401
    assert refused == tokens_too
    records = [one for one in world.audit_records() if one["action"] == "sign_out_everywhere"]
    assert [(one["user_id"], one["details"]) for one in records] == [("1", {"tokens_revoked": tokens_too})]


def test_signing_out_everywhere_needs_the_forms_token(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    assert client.post("/account/sign-out-everywhere").status_code == 400
    assert _is_in(client)


def test_an_administrator_signs_a_user_out(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    result = app.test_cli_runner().invoke(args=["users", "sign-out", "--email", "viewer@clinic.org", "--tokens"])
    assert result.exit_code == 0, result.output
    assert not _is_in(client)
    assert next(one for one in world.audit_records() if one["action"] == "sign_out_everywhere")["user_id"].startswith(
        "command line"
    )
