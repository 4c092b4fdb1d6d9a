"""Guessing passwords is put off, for everybody alike, and longer each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.services import lockout
from portal.services.lockout import Subject, pause_after
from tests.portal import world
from warehouse.engine import connect

_START = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
_ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def moved(app: Flask) -> list[datetime]:
    """The clock of the portal: its one instant may be replaced."""
    at = [_START]
    app.config["CLOCK"] = lambda: at[0]
    return at


def _try(app: Flask, email: str, password: str, place: dict[str, str] | None = None) -> tuple[FlaskClient, str | None]:
    """Try to sign in; return the client and what was said, None if it came in."""
    client = app.test_client()
    token = world.csrf_token(client.get("/login", environ_base=place or {}).text)
    form = {"email": email, "password": password, "csrf_token": token}
    answer = client.post("/login", data=form, environ_base=place or {})
    return client, None if answer.status_code == 302 else _without_token(answer.text, email)


def _without_token(page: str, email: str) -> str:
    return page.replace(world.csrf_token(page), "").replace(email, "")


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10, 15), (5000, 15)]
)
def test_pauses_double_up_to_the_longest(failures: int, minutes: int) -> None:
    assert pause_after(failures, 5, timedelta(minutes=15)) == timedelta(minutes=minutes)


def test_the_right_password_does_not_get_in_during_a_lockout(app: Flask, moved: list[datetime]) -> None:
    email = world.add_user(app, "viewer")
    said = [_try(app, email, "guess")[1] for _ in range(5)]
    client, locked = _try(app, email, world.PASSWORD)
    assert locked is not None
    assert {*said, locked} == {said[0]}
    assert client.get("/api/v1/me").status_code == 401
    moved[0] += timedelta(seconds=59)
    assert _try(app, email, world.PASSWORD)[1] == locked
    moved[0] += timedelta(seconds=1)
    assert _try(app, email, world.PASSWORD)[1] is None


def test_each_further_failure_is_put_off_longer(app: Flask, moved: list[datetime]) -> None:
    email = world.add_user(app, "viewer")
    for _ in range(5):
        _try(app, email, "guess")
    for minutes in (1, 2, 4, 8, 15):
        moved[0] += timedelta(minutes=minutes, seconds=-1)
        assert _try(app, email, world.PASSWORD)[1] is not None
        moved[0] += timedelta(seconds=1)
        assert _try(app, email, "guess")[1] is not None
    locks = [one["details"]["minutes"] for one in world.audit_records() if one["action"] == "lockout"]
    assert locks == [1, 2, 4, 8, 15, 15]


def test_success_ends_the_row_of_failures(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    for _ in range(2):
        for _ in range(4):
            assert _try(app, email, "guess")[1] is not None
        assert _try(app, email, world.PASSWORD)[1] is None


def test_an_unknown_address_is_treated_and_told_as_a_known_one(app: Flask) -> None:
    known = [_try(app, world.add_user(app, "viewer"), "guess")[1]]
    known += [_try(app, "viewer@clinic.org", "guess")[1] for _ in range(6)]
    unknown = [_try(app, "nobody@clinic.org", "guess")[1] for _ in range(7)]
    assert known == unknown
    with connect("owner") as owner:
        kept = owner.execute("select failures from portal.sign_in_failures where kind = 'account'").fetchall()
    assert kept == [(5,), (5,)]


def test_what_was_typed_stands_nowhere(app: Flask) -> None:
    for _ in range(5):
        _try(app, "my.secret.password@clinic.org", "guess")
    with connect("owner") as owner:
        assert "my.secret" not in str(owner.execute("select * from portal.sign_in_failures").fetchall())
    assert "my.secret" not in str(world.audit_records())


def test_a_network_address_that_tries_many_accounts_is_put_off(app: Flask, moved: list[datetime]) -> None:
    email = world.add_user(app, "viewer")
    for number in range(20):
        _try(app, f"guess{number}@clinic.org", "guess", _ELSEWHERE)
    assert _try(app, email, world.PASSWORD, _ELSEWHERE)[1] is not None
    assert _try(app, email, world.PASSWORD)[1] is None
    moved[0] += timedelta(minutes=1)
    assert _try(app, email, world.PASSWORD, _ELSEWHERE)[1] is None


def test_an_account_of_ones_own_clears_no_guesses_at_others(app: Flask, moved: list[datetime]) -> None:
    own, other = world.add_user(app, "viewer"), world.add_user(app, "accountant")
    for number in range(19):
        _try(app, f"guess{number}@clinic.org", "guess", _ELSEWHERE)
    for _ in range(3):
        assert _try(app, own, world.PASSWORD, _ELSEWHERE)[1] is None
    assert _failures("address") == [19]
    assert _try(app, "guess@clinic.org", "guess", _ELSEWHERE)[1] is not None
    assert _try(app, other, world.PASSWORD, _ELSEWHERE)[1] is not None
    moved[0] += timedelta(minutes=1)
    assert _try(app, own, world.PASSWORD, _ELSEWHERE)[1] is None
    assert _try(app, "guess@clinic.org", "guess", _ELSEWHERE)[1] is not None
    moved[0] += timedelta(minutes=1)
    assert _try(app, own, world.PASSWORD, _ELSEWHERE)[1] is not None  # two minutes by now: success made nothing shorter


def test_a_slip_is_forgiven_by_who_signs_in_after_it(app: Flask, moved: list[datetime]) -> None:
    emails = [world.add_user(app, "viewer", email=f"{number}@clinic.org") for number in range(9)]
    for email in emails:
        for _ in range(3):
            assert _try(app, email, "guess")[1] is not None
        assert _try(app, email, world.PASSWORD)[1] is None
    assert _failures("address") == [0]
    assert _failures("pair") == _failures("account") == []


def _failures(kind: str) -> list[int]:
    with connect("owner") as owner:
        rows = owner.execute("select failures from portal.sign_in_failures where kind = %s", [kind]).fetchall()
    return [row[0] for row in rows]


def test_a_locked_network_address_does_not_lock_accounts(app: Flask, moved: list[datetime]) -> None:
    email = world.add_user(app, "viewer")
    for number in range(20):
        _try(app, f"guess{number}@clinic.org", "guess", _ELSEWHERE)
    for _ in range(6):
        _try(app, email, "guess", _ELSEWHERE)
    assert _try(app, email, world.PASSWORD)[1] is None


def test_of_many_tries_at_once_no_more_get_through(app: Flask) -> None:
    allowed: list[bool] = []
    together = Barrier(12)

    def attempt() -> None:
        with app.app_context():
            together.wait()
            allowed.append(lockout.begin([Subject("account", "ann@clinic.org")], _START).allowed)

    threads = [Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) == 5


def test_failures_are_forgotten_after_a_day(app: Flask, moved: list[datetime]) -> None:
    email = world.add_user(app, "viewer")
    for _ in range(4):
        _try(app, email, "guess")
    moved[0] += timedelta(days=1, seconds=1)
    _try(app, email, "guess")
    with connect("owner") as owner:
        kept = owner.execute("select kind, failures from portal.sign_in_failures order by kind").fetchall()
    assert kept == [("account", 1), ("address", 1), ("pair", 1)]


@pytest.mark.parametrize("page", ["/verify", "/password"])
def test_who_is_signed_in_cannot_guess_the_password_either(app: Flask, moved: list[datetime], page: str) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    new = {"new_password": "another good password", "new_password_confirm": "another good password"}

    def attempt(password: str) -> int:
        form = {"csrf_token": world.csrf_token(client.get(page).text), "password": password} | new
        return client.post(page, data=form).status_code

    assert [attempt("guess") for _ in range(5)] == [200] * 5
    assert attempt(world.PASSWORD) == 200
    assert _try(app, "viewer@clinic.org", world.PASSWORD)[1] is None  # a login elsewhere is not hindered by it
    moved[0] += timedelta(minutes=1)
    assert attempt(world.PASSWORD) == 302


def test_an_administrator_unlocks(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    for _ in range(5):
        _try(app, email, "guess")
    result = app.test_cli_runner().invoke(args=["users", "unlock", "--email", email])
    assert result.exit_code == 0, result.output
    assert _try(app, email, world.PASSWORD)[1] is None
    assert [one["resource_id"] for one in world.audit_records() if one["action"] == "unlock"] == ["1"]


def test_an_unlocking_of_nobody_is_refused(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["users", "unlock"])
    assert result.exit_code == 2
    assert "give --email, --address or both" in result.output
