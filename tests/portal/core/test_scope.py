"""A hospital is a tenant: what a request reads is decided once, and the database itself holds to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask_security.utils import login_user
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import builds
from portal.models import User, db
from portal.security import current_hospitals
from tests.portal import world
from warehouse import locks
from warehouse.engine import connect

_SEEN = text("select hospital_id from dim_hospitals order by 1")


def _as(app: Flask, email: str, path: str = "/"):
    context = app.test_request_context(path)
    context.push()
    login_user(db.session.query(User).filter_by(email=email).one())
    return context


def _seen(app: Flask, email: str, path: str = "/") -> list[str]:
    context = _as(app, email, path)
    try:
        return list(builds.marts().scalars(_SEEN))
    finally:
        context.pop()


@pytest.mark.parametrize(
    ("role", "path", "expected"),
    [
        ("viewer", "/", ["H1"]),
        ("viewer", "/?hospital=H1", ["H1"]),
        ("super_admin", "/", ["H1", "H2"]),
        ("super_admin", "/?hospitalId=H2", ["H2"]),
        ("super_admin", "/?hospitalId=H2&hospitalId=H1", ["H1", "H2"]),
        ("super_admin", "/?hospital=", ["H1", "H2"]),
    ],
)
def test_queries_see_the_rows_of_the_requests_hospitals_only(app: Flask, role: str, path: str, expected: list) -> None:
    assert _seen(app, world.add_user(app, role), path) == expected


def test_nothing_leaks_to_the_next_request_on_the_same_connection(app: Flask) -> None:
    first, second = world.add_user(app, "viewer"), world.add_user(app, "viewer", ["H2"], "two@clinic.org")
    assert _seen(app, first) == ["H1"]
    assert _seen(app, second) == ["H2"]
    with app.app_context():
        left = builds.reader().scalar(text("select current_setting('daybook.hospitals', true)"))
    assert not left


@pytest.mark.parametrize("path", ["/api/v1/metrics", "/api/v1/freshness", "/admin/etl", "/staff/reports"])
@pytest.mark.parametrize("hospital", ["H2", "H9", "H1,H2", "h1", "%27"])
def test_another_hospital_does_not_exist(app: Flask, path: str, hospital: str) -> None:
    client = world.sign_in(app, world.add_user(app, "hospital_admin"))
    assert client.get(f"{path}?hospitalId={hospital}").status_code == 404
    assert client.get(f"{path}?hospitalId=H1&hospitalId={hospital}").status_code == 404


def test_a_request_reads_one_build_though_another_is_published_meanwhile(app: Flask) -> None:
    context = _as(app, world.add_user(app, "viewer"))
    assert builds.live_build().build_id == 1
    assert list(builds.marts().scalars(_SEEN)) == ["H1"]
    world.publish(2, world.INSTANT + timedelta(hours=4))
    assert builds.live_build().build_id == 1
    assert builds.marts().scalar(text("select current_schema()")) == "marts_b1"
    context.pop()
    context = _as(app, "viewer@clinic.org")
    assert builds.live_build().build_id == 2
    context.pop()


def test_a_build_that_is_read_is_marked_as_read(app: Flask) -> None:
    context = _as(app, world.add_user(app, "viewer"))
    builds.marts()
    with connect("owner") as owner:
        assert owner.execute("select pg_try_advisory_xact_lock(%s, 1)", [locks.READER]).fetchone() == (False,)
    context.pop()
    with connect("owner") as owner:
        assert owner.execute("select pg_try_advisory_xact_lock(%s, 1)", [locks.READER]).fetchone() == (True,)


def test_a_connection_that_dies_after_its_figures_were_read_takes_no_answer_along(database: str) -> None:
    world.publish()
    app = world.make_app(SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 1, "max_overflow": 0, "pool_timeout": 1})
    email = world.add_user(app, "viewer")
    for _ in range(2):  # and goes back to its pool
        context = _as(app, email)
        assert list(builds.marts().scalars(_SEEN)) == ["H1"]
        pids = [one.scalar(text("select pg_backend_pid()")) for one in (builds.marts(), db.session)]
        with connect("owner", autocommit=True) as owner:
            owner.execute("select pg_terminate_backend(pid, 5000) from unnest(%s) as pid", [pids])
        context.pop()
    assert _seen(app, email) == ["H1"]


def test_figures_cannot_be_written(app: Flask) -> None:
    context = _as(app, world.add_user(app, "super_admin"))
    with pytest.raises(DBAPIError, match=r"read-only|permission denied"):
        builds.marts().execute(text("update dim_hospitals set name = 'x'"))
    context.pop()


def test_before_the_first_build_there_are_no_hospitals(empty_app: Flask) -> None:
    context = _as(empty_app, world.add_user(empty_app, "super_admin"))
    assert current_hospitals() == ()
    with pytest.raises(builds.NoBuildError):
        builds.marts()
    context.pop()
