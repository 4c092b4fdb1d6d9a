"""Administering users: who is seen, what may be given and taken, and that nobody is left without an administrator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.models import User, db
from portal.permissions import ROLE_PERMISSIONS
from tests.portal import world
from warehouse.engine import connect

USERS = "/admin/users"
Number = Callable[[str], int]


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """The administrator of H1, signed in; H2 has one of its own, and somebody works at both."""
    world.add_user(app, "hospital_admin", ("H2",), "admin2@clinic.org")
    world.add_user(app, "viewer", ("H1", "H2"), "both@clinic.org")
    world.add_user(app, "accountant", ("H1",))
    world.add_user(app, "auditor", ("H1",))
    return world.sign_in(app, world.add_user(app, "hospital_admin"))


@pytest.fixture
def number(app: Flask) -> Number:
    """The id of a user: ``number("accountant")``."""

    def find(name: str) -> int:
        with app.app_context():
            return int(db.session.scalars(select(User.id).where(User.email == f"{name}@clinic.org")).one())

    return find


def send(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    """Send a form."""
    token = world.csrf_token(client.get("/staff/reports").text)
    return client.post(f"{USERS}{path}", data=form | {"csrf_token": token})


def rights(user_id: int) -> tuple[list[str], list[str], bool]:
    """Roles, hospitals, and whether the user may sign in."""
    with connect("owner") as connection:
        return connection.execute(
            "select array(select r.name from portal.roles r join portal.roles_users x on x.role_id = r.id"
            " where x.user_id = u.id order by 1), array(select hospital_id from portal.user_hospitals h"
            " where h.user_id = u.id order by 1), active from portal.users u where id = %s",
            [user_id],
        ).fetchall()[0]


def test_an_administrator_sees_the_users_of_the_own_hospitals(admin: FlaskClient) -> None:
    page = admin.get(USERS).text
    assert "accountant@clinic.org" in page and "both@clinic.org" in page
    assert "admin2@clinic.org" not in page


def test_somebody_is_invited_by_mail_and_sets_a_password(app: Flask, admin: FlaskClient, number: Number) -> None:
    app.config["SITE_URL"] = ""
    without = send(admin, "/new", email="New@Clinic.org", role="accountant", hospital="H1")
    assert (without.status_code, "set DAYBOOK_SITE_URL" in without.text) == (400, True)
    app.config["SITE_URL"] = "https://daybook.clinic.org"
    made = send(admin, "/new", email="New@Clinic.org", role="accountant", hospital="H1")
    assert (made.status_code, made.location) == (302, USERS)
    assert rights(number("new")) == (["accountant"], ["H1"], True)
    with connect("owner") as connection:
        mails = connection.execute("select user_id, body from portal.mails").fetchall()
    assert [who for who, _ in mails] == [number("new")]
    assert "https://daybook.clinic.org/" in mails[0][1]
    created = [record for record in world.audit_records() if record["action"] == "user_create"][-1]
    assert (created["user_id"], created["resource_id"]) == (str(number("hospital_admin")), str(number("new")))
    assert (str(created["ip_address"]), created["user_agent"][:8]) == ("127.0.0.1", "Werkzeug")
    assert created["request_id"] == made.headers["X-Request-Id"]
    assert (created["hospital_ids"], created["new_values"]["roles"]) == (["H1"], ["accountant"])
    with connect("owner") as connection:
        transactions = connection.execute(
            "select xmin::text from portal.users where id = %(user)s union select xmin::text from portal.mails"
            " union select xmin::text from portal.audit_log where id = %(record)s",
            {"user": number("new"), "record": created["id"]},
        ).fetchall()
    assert len(transactions) == 1


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"email": "x@clinic.org", "role": "super_admin", "hospital": "H1"}, "cannot give the role super_admin"),
        ({"email": "x@clinic.org", "role": "auditor", "hospital": "H1"}, "cannot give the role auditor"),
        (
            {"email": "x@clinic.org", "role": "provider", "hospital": "H2", "providers": "P1"},
            "no hospital H2 among yours",
        ),
        ({"email": "x@clinic.org", "role": "provider", "hospital": "H1"}, "needs at least one provider"),
        ({"email": "x@clinic.org", "role": "viewer", "hospital": "H2"}, "no hospital H2 among yours"),
        ({"email": "x@clinic.org", "role": "viewer"}, "needs at least one hospital"),
        ({"email": "x@clinic.org", "hospital": "H1"}, "No role called (none)"),
        ({"email": "nobody", "role": "viewer", "hospital": "H1"}, "is no e-mail address"),
        ({"email": "accountant@clinic.org", "role": "viewer", "hospital": "H1"}, "already a user"),
    ],
)
def test_what_cannot_be_given_is_refused(admin: FlaskClient, form: dict[str, str], problem: str) -> None:
    admin.application.config["SITE_URL"] = "https://daybook.clinic.org"
    refused = send(admin, "/new", **form)
    assert refused.status_code == 400
    assert problem in refused.text.replace("&#39;", "'")


def test_administrators_make_every_user_of_their_hospitals_but_themselves(
    app: Flask, admin: FlaskClient, number: Number
) -> None:
    """PRODUCT: users of its hospitals, never super_admin or auditor. And nobody has more by their own hand."""
    app.config["SITE_URL"] = "https://daybook.clinic.org"
    for role in sorted(set(ROLE_PERMISSIONS) - {"super_admin", "auditor"}):
        made = send(admin, "/new", email=f"new.{role}@clinic.org", role=role, hospital="H1", providers="P1")
        assert made.status_code == 302, (role, made.text)
        assert rights(number(f"new.{role}"))[:2] == ([role], ["H1"])
    provider = f"/{number('new.provider')}"
    assert send(admin, provider, role="viewer", hospital="H1").status_code == 302  # and take it again
    own = f"/{number('hospital_admin')}"
    page = admin.get(f"{USERS}{own}").text
    assert 'value="provider" disabled' in page.replace("  ", " ") and 'value="accountant" disabled' not in page
    for role in ("provider", "practice_manager"):
        refused = send(admin, own, role=["hospital_admin", role], hospital="H1", providers="P1")
        assert (refused.status_code, f"cannot give the role {role}" in refused.text) == (400, True)
    assert rights(number("hospital_admin"))[0] == ["hospital_admin"]


def test_nobody_links_themselves_to_more_providers(app: Flask, number: Number) -> None:
    boss = world.sign_in(app, world.add_user(app, "super_admin"))
    admin = world.sign_in(app, world.add_user(app, "hospital_admin"))
    own = f"/{number('hospital_admin')}"
    both = {"role": ["hospital_admin", "provider"], "hospital": "H1"}
    assert send(boss, own, **both, providers="P1 P2").status_code == 302
    refused = send(admin, own, **both, providers="P1 P3")
    assert (refused.status_code, "cannot link yourself to provider P3" in refused.text) == (400, True)
    assert send(admin, own, **both, providers="P2").status_code == 302


def test_rights_are_changed_and_recorded(admin: FlaskClient, number: Number) -> None:
    changed = send(admin, f"/{number('accountant')}", role=["viewer", "patient_accounts"], hospital="H1")
    assert changed.status_code == 302
    assert rights(number("accountant")) == (["patient_accounts", "viewer"], ["H1"], True)
    last = [record for record in world.audit_records() if record["action"] == "user_change"][-1]
    assert (last["old_values"]["roles"], last["new_values"]["roles"]) == (
        ["accountant"], ["patient_accounts", "viewer"],
    )  # fmt: skip


@pytest.mark.parametrize("who", ["both", "auditor"])
def test_who_has_more_or_belongs_elsewhere_too_is_not_changed(admin: FlaskClient, number: Number, who: str) -> None:
    before = rights(number(who))
    refused = send(admin, f"/{number(who)}", role="viewer", hospital="H1")
    assert (refused.status_code, "more than you may give" in refused.text) == (400, True)
    send(admin, f"/{number(who)}/0")
    assert rights(number(who)) == before


def test_users_of_other_hospitals_do_not_exist(admin: FlaskClient, number: Number) -> None:
    other = number("admin2")
    assert admin.get(f"{USERS}/{other}").status_code == 404
    assert send(admin, f"/{other}", role="viewer", hospital="H1").status_code == 404
    assert send(admin, f"/{other}/0").status_code == 404


def test_who_is_switched_off_is_out_at_once(app: Flask, admin: FlaskClient, number: Number) -> None:
    accountant = world.sign_in(app, "accountant@clinic.org")
    assert send(admin, f"/{number('accountant')}/0").status_code == 302
    assert accountant.get("/staff/reports").status_code == 302
    assert rights(number("accountant"))[2] is False
    send(admin, f"/{number('accountant')}/1")
    assert rights(number("accountant"))[2] is True


def test_schedules_of_who_is_switched_off_end_on_record(admin: FlaskClient, number: Number) -> None:
    with connect("owner") as owner:
        owner.execute(
            "insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm, next_due, created_at)"
            " values (%s, 'mine', 'kpis', 'csv', 'weekly', '2030-01-01', now())",
            [number("accountant")],
        )
    send(admin, f"/{number('accountant')}/0")
    with connect("owner") as owner:
        assert owner.execute("select ended_at is not null from portal.export_schedules").fetchall() == [(True,)]
    assert world.audit_records()[-1]["new_values"] == {"active": False, "ended_schedules": [1]}


def test_files_that_wait_for_who_lost_a_right_are_not_sent(admin: FlaskClient, number: Number) -> None:
    user = number("accountant")
    with connect("owner") as owner:
        owner.execute(
            "insert into portal.export_log (export_type, entity_type, user_id, filename, file_size, sha256)"
            " values ('csv', 'kpis', %s, 'kpis.csv', 1, repeat('0', 64))",
            [user],
        )
        owner.execute(
            "insert into portal.mails (user_id, kind, subject, body, export_id)"
            " select %(user)s, 'scheduled_export', 's', 'b', id from portal.export_log"
            " union all select %(user)s, 'test', 's', 'b', null",
            {"user": user},
        )
    send(admin, f"/{user}", role="viewer", hospital="H1")
    with connect("owner") as owner:
        found = owner.execute("select kind, last_error from portal.mails where failed_at is not null").fetchall()
    assert found == [("scheduled_export", "the rights of its reader changed since the file was made")]


def test_the_last_administrator_of_a_hospital_stays(app: Flask, admin: FlaskClient, number: Number) -> None:
    own = number("hospital_admin")
    refused = send(admin, f"/{own}", role="viewer", hospital="H1")
    assert (refused.status_code, "the last administrator of H1" in refused.text) == (409, True)
    assert "your own account" in send(admin, f"/{own}/0").text or rights(own)[2]
    world.add_user(app, "hospital_admin", ("H1",), "second@clinic.org")
    assert send(admin, f"/{own}", role="viewer", hospital="H1").status_code == 302
    assert rights(own) == (["viewer"], ["H1"], True)


def test_the_last_super_admin_stays(app: Flask, number: Number) -> None:
    client = world.sign_in(app, world.add_user(app, "super_admin"))
    refused = send(client, f"/{number('super_admin')}", role="viewer", hospital="H1")
    assert (refused.status_code, "the last super_admin" in refused.text) == (409, True)


def test_two_administrators_who_remove_each_other_at_once_leave_one(app: Flask, number: Number) -> None:
    names = ("one", "two")
    for name in names:
        world.add_user(app, "hospital_admin", ("H1",), f"{name}@clinic.org")
    clients = {name: world.sign_in(app, f"{name}@clinic.org") for name in names}
    start = threading.Barrier(2)

    def remove(who: str, whom: str) -> None:
        start.wait()
        send(clients[who], f"/{number(whom)}/0")

    threads = [threading.Thread(target=remove, args=pair) for pair in (names, names[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(rights(number(name))[2] for name in names) == 1
