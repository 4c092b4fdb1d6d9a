"""Bearer tokens: they stand for their user, for as long as they are valid, and are kept only as hashes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.services import tokens
from portal.services.users import UserError
from tests.portal import world
from warehouse.engine import connect

_NOW = datetime.now(UTC)


def _token(app: Flask, email: str, now: datetime = _NOW, days: int = 1) -> str:
    with app.app_context():
        return tokens.create(email, days, now, by="test")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_opens_the_api_as_its_user(app: Flask) -> None:
    email = world.add_user(app, "accountant")
    answer = app.test_client().get("/api/v1/me", headers=_bearer(_token(app, email)))
    assert answer.json["data"]["email"] == email
    assert answer.json["data"]["csrfToken"] is None
    assert world.audit_records()[-1]["user_id"] == answer.json["data"]["userId"]


def test_a_token_writes_without_a_form_token(app: Flask) -> None:
    token = _token(app, world.add_user(app, "hospital_admin"))
    assert app.test_client().post("/api/v1/reports/etl/run", headers=_bearer(token)).status_code == 202


def test_a_session_does_not_write_without_a_form_token(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "hospital_admin"))
    answer = client.post("/api/v1/reports/etl/run")
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "csrf"


def test_a_token_opens_no_page(app: Flask) -> None:
    token = _token(app, world.add_user(app, "accountant"))
    assert app.test_client().get("/staff/reports", headers=_bearer(token)).status_code == 302


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Bearer", "Basic dXNlcjpwYXNz", "Bearer daybook_ü"])
def test_a_wrong_token_is_refused_even_beside_a_session(app: Flask, header: str) -> None:
    client = world.sign_in(app, world.add_user(app, "accountant"))
    answer = client.get("/api/v1/me", headers={"Authorization": header.encode("latin-1").decode("latin-1")})
    assert answer.status_code == 401
    assert world.audit_records()[-1]["user_id"] == "anonymous"


def test_an_expired_or_revoked_token_or_one_of_an_inactive_user_is_refused(app: Flask) -> None:
    email = world.add_user(app, "accountant")
    old = _token(app, email, _NOW - timedelta(days=2))
    fresh = _token(app, email)
    client = app.test_client()
    assert client.get("/api/v1/me", headers=_bearer(old)).status_code == 401
    assert client.get("/api/v1/me", headers=_bearer(fresh)).status_code == 200
    with connect("owner", autocommit=True) as owner:
        owner.execute("update portal.api_tokens set revoked_at = clock_timestamp()")
        assert client.get("/api/v1/me", headers=_bearer(fresh)).status_code == 401
        owner.execute("update portal.api_tokens set revoked_at = null")
        owner.execute("update portal.users set active = false")
    assert client.get("/api/v1/me", headers=_bearer(fresh)).status_code == 401


def test_the_token_itself_is_nowhere_in_the_database(app: Flask) -> None:
    token = _token(app, world.add_user(app, "accountant"))
    with connect("owner") as owner:
        kept = owner.execute("select token_hash from portal.api_tokens").fetchone()
    assert len(kept[0]) == 32
    assert token.encode() not in kept[0]
    assert token not in str(world.audit_records())


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_token_lasts_a_year_at_most(app: Flask, days: int) -> None:
    email = world.add_user(app, "accountant")
    with pytest.raises(UserError, match="1 to 365"):
        _token(app, email, days=days)


def test_a_token_for_nobody_is_refused(app: Flask) -> None:
    with pytest.raises(UserError, match=r"no user nobody@clinic\.org"):
        _token(app, "nobody@clinic.org")
