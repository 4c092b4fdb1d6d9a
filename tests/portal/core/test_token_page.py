"""The page on which people make API tokens of their own: shown once, on record, never more than they may."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.services import tokens
from tests.portal import world
from warehouse.engine import connect

_NEW, _ME = "/account/tokens/new", "/api/v1/me"
_FORM = {"name": "board <at the wall>", "days": "30"}
_TOKEN = re.compile(r'value="(daybook_[\w-]{43})"')


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An accountant, signed in."""
    return world.sign_in(app, world.add_user(app, "accountant"))


def _make(client: FlaskClient, **form: Any) -> TestResponse:
    return client.post(_NEW, data={"csrf_token": world.csrf_token(client.get(_NEW).text)} | _FORM | form)


def _kept() -> list[tuple[Any, ...]]:
    with connect("owner") as owner:
        return owner.execute(
            "select name, writes, permissions, expires_at from portal.api_tokens order by id"
        ).fetchall()


def _use(app: Flask, page: TestResponse) -> TestResponse:
    found = _TOKEN.search(page.text)
    assert found, page.text
    return app.test_client().get(_ME, headers={"Authorization": f"Bearer {found[1]}"})


def test_a_token_is_made_shown_once_and_works(app: Flask, client: FlaskClient) -> None:
    page = _make(client)
    assert page.headers["Cache-Control"] == "no-store"
    assert "board &lt;at the wall&gt;" in page.text
    assert _use(app, page).json["data"]["email"] == "accountant@clinic.org"
    account = client.get("/account").text
    assert "board &lt;at the wall&gt;" in account
    assert "everything you may; reads only" in account
    assert "daybook_" not in account
    ((name, writes, permissions, ends),) = _kept()
    assert (name, writes, permissions) == (_FORM["name"], False, None)
    assert timedelta(days=29) < ends - datetime.now(UTC) <= timedelta(days=30)


def test_it_is_on_record_with_all_but_itself(app: Flask, client: FlaskClient) -> None:
    page = _make(client, permission=["reports:read", "exports:create"], writes="yes")
    (record,) = [one for one in world.audit_records() if one["action"] == "token_create"]
    assert (record["user_id"], record["resource_id"], str(record["ip_address"])) == ("1", "1", "127.0.0.1")
    assert record["new_values"]["permissions"] == ["exports:create", "reports:read"]
    assert record["new_values"]["writes"] is True
    assert (len(record["new_values"]["name_sealed"]), _FORM["name"] in str(record)) == (64, False)
    assert _TOKEN.search(page.text)[1] not in str(world.audit_records())
    assert _use(app, page).json["data"]["permissions"] == ["exports:create", "reports:read"]


def test_whose_it_is_gets_a_mail_with_all_but_itself(app: Flask, client: FlaskClient) -> None:
    page = _make(client, permission="reports:read")
    with app.app_context():
        tokens.create("accountant@clinic.org", 9, datetime(2026, 3, 1, 8, 30, tzinfo=UTC), by="command line: ops")
    with connect("owner") as owner:
        first, second = owner.execute(
            "select user_id, kind, body, xmin::text = (select xmin::text from portal.api_tokens where id = mail_id)"
            " from portal.mails order by mail_id"
        ).fetchall()
    assert (first[:2], first[3], second[:2]) == ((1, "token_made"), True, (1, "token_made"))
    for fact in ("Number:    1", "May do:    reports:read; reads only", "Made from: 127.0.0.1"):
        assert fact in first[2].splitlines()
    assert _TOKEN.search(page.text)[1] not in first[2]
    assert _FORM["name"] not in first[2]
    for fact in (
        "Number:    2",
        "Ends:      2026-03-10 08:30 UTC",
        "Made from: the command line of the server",
    ):
        assert fact in second[2].splitlines()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"days": "0"}, "valid for 1 to 365 days"),
        ({"days": "366"}, "valid for 1 to 365 days"),
        ({"days": "-5"}, "valid for 1 to 365 days"),
        ({"days": "1e9"}, "valid for 1 to 365 days"),
        ({"days": "\u0661"}, "valid for 1 to 365 days"),
        ({"days": "9" * 5000}, "valid for 1 to 365 days"),
        ({"name": " "}, "Say what the token is for"),
        ({"name": "x" * 101}, "one line of at most 100"),
        ({"name": "two\nlines"}, "one line of at most 100"),
        ({"permission": ["reports:read", "etl:run"]}, "does not have etl:run"),
        ({"permission": "nonsense"}, "does not have nonsense"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(client: FlaskClient, form: dict[str, Any], said: str) -> None:
    page = _make(client, **form)
    assert (page.status_code, said in page.text) == (400, True), page.text
    assert "daybook_" not in page.text
    assert _kept() == []


def test_nobody_makes_one_for_somebody_else(app: Flask, client: FlaskClient) -> None:
    world.add_user(app, "super_admin")
    page = _make(client, email="super_admin@clinic.org", user_id="2", user="2")
    assert _use(app, page).json["data"]["email"] == "accountant@clinic.org"


def test_it_offers_what_the_user_may(client: FlaskClient) -> None:
    offered = re.findall(r'name="permission" value="([^"]+)"', client.get(_NEW).text)
    assert "financial-reports:write" in offered
    assert "users:manage" not in offered


def test_a_password_typed_long_ago_is_asked_for_and_the_form_is_kept(app: Flask, client: FlaskClient) -> None:
    form = (
        {"csrf_token": world.csrf_token(client.get(_NEW).text)}
        | _FORM
        | {"permission": ["reports:read", "exports:create"]}
    )
    app.config["FRESH_FOR"] = timedelta(0)
    asked = client.post(_NEW, data=form)
    assert asked.status_code == 401
    assert asked.text.count('name="permission"') == 2
    assert _kept() == []
    done = client.post(_NEW, data=form | {"confirm_password": world.PASSWORD})
    assert _use(app, done).status_code == 200


def test_a_token_makes_no_token(app: Flask, client: FlaskClient) -> None:
    token = _TOKEN.search(_make(client, writes="yes").text)[1]
    answer = app.test_client().post(_NEW, data=_FORM, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 302
    assert answer.location.startswith("/login")
    assert len(_kept()) == 1
