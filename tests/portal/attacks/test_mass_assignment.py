"""Fields that a form or body does not have: refused by name, or without any effect."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portal import world
from tests.portal.attacks.target import Target
from warehouse.engine import connect

_WRITE_OFFS = "/api/v1/financial-reports/write-offs"
_BODY = {"invoiceId": "I06", "amount": "1.00", "reason": "agreed", "category": "OTHER"}
_EXTRA = {
    "status": "APPROVED", "id": 1, "requestedBy": 1, "requested_by": 1, "approvedBy": 1, "createdAt": "2020-01-01",
    "kind": "reversal", "currency": "EUR", "__proto__": {"admin": True}, "__class__": "x", "userId": 1,
}  # fmt: skip


def _users() -> list[tuple[Any, ...]]:
    with connect("owner") as owner:
        return owner.execute(
            "select id, email, active, tf_primary_method, (select array_agg(role_id order by role_id) from portal.roles_users"
            " where user_id = id), (select array_agg(hospital_id order by hospital_id) from portal.user_hospitals"
            " where user_id = id) from portal.users order by id"
        ).fetchall()


@pytest.mark.parametrize("field", _EXTRA)
def test_a_body_has_the_fields_that_it_has(target: Target, field: str) -> None:
    answer = target.send("accountant", "POST", _WRITE_OFFS, _BODY | {field: _EXTRA[field]})
    assert (answer.status_code, field in answer.json["error"]["fields"]) == (400, True), answer.text
    page = target.post("accountant", "/staff/write-offs/new", **_BODY | {field: str(_EXTRA[field])})
    assert page.status_code == 400


def test_a_decision_decides_and_changes_nothing_else(target: Target) -> None:
    made = target.send("accountant", "POST", _WRITE_OFFS, _BODY).json["data"]
    address = f"{_WRITE_OFFS}/{made['id']}/approve"
    for field, value in (_EXTRA | {"amount": "100.00", "invoiceId": "I11"}).items():
        assert target.send("hospital_admin", "PATCH", address, {field: value}).status_code == 400, field
        page = target.post("hospital_admin", f"/staff/write-offs/{made['id']}/approve", **{field: str(value)})
        assert page.status_code == 400, field
    assert target.browser("accountant").get(f"{_WRITE_OFFS}/{made['id']}").json["data"] == made


def test_a_run_is_started_and_not_configured(target: Target) -> None:
    for body in ({"instant": "2020-01-01"}, {"sources": ["/etc"]}, {"force": True}, {"requestedBy": "somebody"}):
        target.send("hospital_admin", "POST", "/api/v1/reports/etl/run", body)
    with connect("owner") as owner:
        jobs = str(owner.execute("select args from jobs.procrastinate_jobs").fetchall())
    assert "/etc" not in jobs
    assert "2020-01-01" not in jobs
    assert "somebody" not in jobs


@pytest.mark.parametrize("address", ["/password", "/verify", "/account/sign-out-everywhere", "/two-factor/setup"])
def test_a_form_of_ones_own_account_gives_nothing_else(target: Target, address: str) -> None:
    email = world.add_user(target.app, "viewer", email=f"assigned{address.replace('/', '-')}@clinic.org")
    before = _users()
    client = world.sign_in(target.app, email)
    form = {
        "csrf_token": client.get("/api/v1/me").json["data"]["csrfToken"], "password": world.PASSWORD,
        "new_password": "another good password", "new_password_confirm": "another good password",
        "role": "super_admin", "roles": "super_admin", "hospital": "H2", "hospitals": "H2", "active": "0",
        "email": "x@clinic.org", "user_id": "1", "id": "1", "permissions": "users:manage", "sees_all_hospitals": "1",
    }  # fmt: skip
    client.post(address, data=form)
    assert _users() == before


def test_a_sign_in_gives_no_cookie_that_outlives_the_session(target: Target) -> None:
    client = target.app.test_client()
    form = {
        "email": "viewer@clinic.org",
        "password": world.PASSWORD,
        "csrf_token": world.csrf_token(client.get("/login").text),
    }
    answer = client.post(
        "/login", data=form | {"remember": "y", "remember_me": "1", "user_id": "1", "roles": "super_admin"}
    )
    assert [one.split("=")[0] for one in answer.headers.getlist("Set-Cookie")] == ["daybook_session"]
    assert client.get("/api/v1/me").json["data"]["roles"] == ["viewer"]


def test_an_administrator_gives_what_the_form_offers_and_no_more(target: Target) -> None:
    world.add_user(target.app, "viewer", email="given@clinic.org")
    found = {row[1]: row for row in _users()}
    number = found["given@clinic.org"][0]
    for form in (
        {"role": "super_admin", "hospital": "H1"},
        {"role": "auditor", "hospital": "H1"},
        {"role": "viewer", "hospital": "H2"},
        {"role": ["viewer", "super_admin"], "hospital": "H1"},
        {"role": "viewer", "hospital": ["H1", "H2"]},
        {"role": "no_such_role", "hospital": "H1"},
        {"hospital": "H1"},
        {"role": "viewer"},
    ):
        assert target.post("hospital_admin", f"/admin/users/{number}", **form).status_code == 400, form
    extra = {"email": "other@clinic.org", "active": "0", "password": "x", "fs_uniquifier": "x"}
    assert (
        target.post("hospital_admin", f"/admin/users/{number}", role="viewer", hospital="H1", **extra).status_code
        == 302
    )
    assert {row[1]: row for row in _users()} == found
