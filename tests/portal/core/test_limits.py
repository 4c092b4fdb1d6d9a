"""Rate limits: one count for all web processes, on what can be guessed at, searched or carried away; nothing else pays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.security import demands
from portal.security.limits import FILES, SEARCHES
from portal.services import request_counts
from tests.portal import world
from warehouse.engine import connect

Send = Callable[[FlaskClient], TestResponse]


def _counts() -> list[tuple[bytes, int]]:
    with connect("owner") as owner:
        return owner.execute("select subject, hits from portal.request_counts order by hits").fetchall()


def _end_windows() -> None:
    with connect("owner") as owner:
        owner.execute("update portal.request_counts set until = until - interval '2 minutes'")


def _form(address: str, **form: str) -> Send:
    def send(client: FlaskClient) -> TestResponse:
        page = client.get("/login" if address == "/login" else "/account")
        page = page if page.status_code == 200 else client.get("/login")
        return client.post(address, data={"csrf_token": world.csrf_token(page.text)} | form)

    return send


def _get(address: str) -> Send:
    return lambda client: client.get(address)


def test_two_processes_count_together_and_a_window_ends(database: str) -> None:
    world.publish()
    one, two = (world.make_app(API_LIMIT="3 per minute") for _ in range(2))
    email = world.add_user(one, "viewer")
    here, there = world.sign_in(one, email), world.sign_in(two, email)
    assert [client.get("/api/v1/me").status_code for client in (here, there, here)] == [200] * 3
    for client in (here, there):
        put_off = client.get("/api/v1/me")
        assert (put_off.status_code, put_off.headers["X-RateLimit-Remaining"]) == (429, "0")
        assert 1 <= int(put_off.headers["Retry-After"]) <= 61
    _end_windows()
    assert there.get("/api/v1/me").status_code == 200
    assert [hits for _, hits in _counts()] == [1, 1]  # of the caller and of the address; what had ended is forgotten


def test_of_many_requests_at_once_each_counts(database: str) -> None:
    app = world.make_app()

    def hit(_: int) -> int:
        with app.app_context():
            return request_counts.count("somebody", 60).hits

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(hit, range(40))) == list(range(1, 41))
    with app.app_context():
        assert request_counts.clear("nobody") == 0
        assert request_counts.clear() == 1


def test_who_it_was_is_a_keyed_hash(app: Flask) -> None:
    world.sign_in(app, world.add_user(app, "viewer")).get("/api/v1/me")
    subjects = [subject for subject, _ in _counts()]
    assert len(subjects) == 3  # the sign-in, the caller and the address
    assert all(len(subject) == 32 and b"127.0.0.1" not in subject for subject in subjects)


def test_pages_pay_nothing(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "super_admin"))
    before = _counts()
    for address in (
        "/staff/reports",
        "/staff/patients",
        "/account",
        "/static/icon.svg",
        "/healthz",
        "/login",
        "/verify",
    ):
        client.get(address).close()
    assert _counts() == before


@pytest.mark.parametrize(
    ("setting", "send"),
    [
        ("LOGIN_LIMIT", _form("/login", email="nobody@clinic.org", password="guess")),
        ("LOGIN_LIMIT", _form("/new-password", email="nobody@clinic.org")),
        ("LOGIN_LIMIT", _get("/new-password/guess")),
        ("LOGIN_LIMIT", _form("/new-password/guess", password="guess", password_confirm="guess")),
        ("LOGIN_LIMIT", _form("/two-factor/code", code="000000")),
        ("LOGIN_LIMIT", _form("/two-factor/recovery", code="0000")),
    ],
)
def test_what_a_stranger_can_guess_at_is_limited(database: str, setting: str, send: Send) -> None:
    client = world.make_app(**{setting: "2 per minute"}).test_client()
    statuses = [send(client).status_code for _ in range(3)]
    assert (429 in statuses[:2], statuses[2]) == (False, 429)
    last = world.audit_records()[-1]
    assert (last["action"], last["outcome"], last["status_code"]) == ("access_denied", "denied", 429)


@pytest.mark.parametrize(
    ("setting", "send"),
    [
        ("LOGIN_LIMIT", _form("/verify", password="guess")),
        ("LOGIN_LIMIT", _form("/password", password="guess", new_password="x", new_password_confirm="x")),
        ("SEARCH_LIMIT", _form("/staff/patients", q="Muster")),
        ("SEARCH_LIMIT", _form("/staff/patients/P01/contact?hospitalId=H1", reason="reminder")),
        ("SEARCH_LIMIT", _get("/api/v1/reports/patients?q=P01&hospitalId=H1")),
        ("FILE_LIMIT", _get("/staff/outstanding/export?format=csv")),
        ("FILE_LIMIT", _get("/api/v1/exports/write-offs/csv")),
        ("FILE_LIMIT", _get("/admin/audit/export.csv")),
        ("FILE_LIMIT", _form("/exports", entity="write-offs")),
        ("FILE_LIMIT", _form("/compensation/statements/read")),
        ("FILE_LIMIT", _form("/admin/audit/verify")),
    ],
)
def test_who_is_signed_in_is_limited_apart_from_others(database: str, setting: str, send: Send) -> None:
    world.publish()
    app = world.make_app(**{setting: "2 per minute"})
    names = [world.add_user(app, "super_admin", email=f"{name}@clinic.org") for name in ("one", "two")]
    one, two = (world.sign_in(app, name) for name in names)
    for _ in range(2):
        with send(one) as answer:
            assert answer.status_code != 429
    put_off = send(one)
    assert put_off.status_code == 429
    assert int(put_off.headers["Retry-After"]) >= 1
    with send(two) as answer:
        assert answer.status_code != 429
    assert one.get("/staff/reports").status_code == 200


@pytest.mark.parametrize(
    ("setting", "send"),
    [
        ("SEARCH_LIMIT", _form("/staff/patients", q="Muster")),
        ("FILE_LIMIT", _get("/staff/outstanding/export?format=csv")),
    ],
)
def test_a_token_that_pages_do_not_take_makes_nobody_another(database: str, setting: str, send: Send) -> None:
    world.publish()
    app = world.make_app(**{setting: "2 per minute"})
    client = world.sign_in(app, world.add_user(app, "super_admin"))
    statuses = []
    for number in range(3):
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {number}"
        with send(client) as answer:
            statuses.append(answer.status_code)
    assert (429 in statuses[:2], statuses[2]) == (False, 429)


def test_every_form_with_a_file_is_there(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} > FILES


def test_every_search_is_among_them(app: Flask) -> None:
    searching = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "search" in rule.endpoint.rpartition(".")[2]
        or (demands(app, rule.endpoint) == ("patients:contact",) and "POST" in (rule.methods or ()))
    }
    assert searching == SEARCHES
