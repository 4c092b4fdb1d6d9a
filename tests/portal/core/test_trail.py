"""Every access is recorded before the answer leaves; what cannot be recorded does not happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import text

from portal.models import db
from portal.security import filters
from tests.portal import world
from warehouse import locks
from warehouse.audit_chain import Entry, append
from warehouse.audit_check import BrokenChainError, verify
from warehouse.engine import connect


@contextmanager
def _log_refused() -> Iterator[None]:
    with connect("owner", autocommit=True) as owner:
        owner.execute("revoke insert on portal.audit_log from daybook_portal")
        yield
        owner.execute("grant insert on portal.audit_log to daybook_portal")


def _last() -> dict:
    return world.audit_records()[-1]


def test_a_page_an_api_call_and_a_login_are_recorded(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "hospital_admin"))
    assert (_last()["action"], _last()["outcome"], _last()["user_id"]) == ("login", "success", "1")
    client.get("/admin/etl", headers={"User-Agent": "Browser 1"})
    record = _last()
    assert (record["action"], record["resource_type"], record["status_code"]) == ("view", "etl_runs.index", 200)
    assert (str(record["ip_address"]), record["user_agent"], record["hospital_ids"]) == (
        "127.0.0.1",
        "Browser 1",
        ["H1"],
    )
    client.get("/api/v1/reports/etl/runs/1?hospitalId=H1")
    record = _last()
    assert (record["action"], record["resource_id"]) == ("api_call", "1")
    assert record["details"]["filters"] == {"hospitalId": ["H1"]}


def test_denials_are_recorded_with_who_was_denied(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    client.get("/admin/etl")
    assert (_last()["action"], _last()["outcome"], _last()["user_id"]) == ("access_denied", "denied", "1")
    client.get("/api/v1/metrics?hospitalId=H2")
    assert (_last()["action"], _last()["status_code"]) == ("access_denied", 404)
    app.test_client().get("/api/v1/me")
    assert (_last()["action"], _last()["user_id"]) == ("access_denied", "anonymous")
    app.test_client().get("/staff/reports")
    assert (_last()["action"], _last()["user_id"]) == ("access_denied", "anonymous")


def test_a_failed_login_is_anonymous_and_keeps_no_address(app: Flask) -> None:
    client = app.test_client()
    token = world.csrf_token(client.get("/login").text)
    client.post("/login", data={"email": "secret.person@clinic.org", "password": "guess", "csrf_token": token})
    record = _last()
    assert (record["action"], record["outcome"], record["user_id"]) == ("login", "denied", "anonymous")
    assert "secret.person" not in str(record)


def test_a_logout_is_recorded_under_the_user_who_left(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    client.post("/logout", data={"csrf_token": world.csrf_token(client.get("/staff/reports").text)})
    assert (_last()["action"], _last()["user_id"]) == ("logout", "1")


def test_what_was_searched_for_is_not_recorded(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    client.get("/api/v1/metrics?q=Muster&status=Erika Muster&hospitalId=Muster Erika")
    assert "Muster" not in str(_last())


@pytest.mark.parametrize(
    "address",
    [
        "/figures/Muster", "/exports/new?entity=Muster", "/exports/new?template=Muster", "/audit/cases/Muster",
        "/api/v1/exports/Muster/csv", "/staff/reports/revenue?hospitalId=Muster", "/api/v1/reports/outstanding?status=Muster",
        "/figures/balance?method=Muster", "/staff/patients/078-05-1120",
    ],
)  # fmt: skip
def test_a_word_in_the_place_of_something_known_is_not_recorded(app: Flask, address: str) -> None:
    world.sign_in(app, world.add_user(app, "super_admin")).get(address).close()
    assert _last()["action"] != "login"
    assert "Muster" not in str(_last()) and "078-05" not in str(_last())


def test_how_payments_were_made_is_recorded_by_words_of_payment(app: Flask) -> None:
    world.sign_in(app, world.add_user(app, "accountant")).get("/api/v1/exports/payments/csv?method=Credit Card").close()
    assert _last()["details"]["filters"]["method"] == ["Credit Card"]


def test_what_was_tried_is_recorded_by_its_number(app: Flask) -> None:
    world.sign_in(app, world.add_user(app, "viewer")).get("/staff/reports/revenue?hospitalId=H9&startDate=2026-01-01")
    assert _last()["details"]["filters"] == {"hospitalId": ["H9"], "startDate": ["2026-01-01"]}


def test_every_filter_of_the_api_is_recorded_but_what_people_type_to_search(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "accountant"))
    client.get("/api/v1/reports/outstanding?patientId=P-17&bucket=31-60&payerClass=patient")
    assert _last()["details"]["filters"] == {"patientId": ["P-17"], "bucket": ["31-60"], "payerClass": ["patient"]}
    paths = client.get("/api/v1/openapi.json").json["paths"]
    named = {
        given["name"]
        for operations in paths.values()
        for operation in operations.values()
        for given in operation.get("parameters", [])
        if given["in"] == "query"
    }
    assert named > {"patientId", "bucket", "asOfDate"}
    assert named - filters.FILTERS == {"q"}


def test_polling_health_and_static_files_are_not_recorded(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    before = len(world.audit_records())
    for path in ("/staff/build", "/healthz", "/static/icon.svg", "/login", "/new-password"):
        client.get(path).close()
    assert len(world.audit_records()) == before


@pytest.mark.parametrize("path", ["/staff/reports", "/admin/etl", "/api/v1/me", "/api/v1/metrics"])
def test_an_access_that_cannot_be_recorded_does_not_happen(app: Flask, path: str) -> None:
    client = world.sign_in(app, world.add_user(app, "hospital_admin"))
    usual = client.get(path)
    with _log_refused():
        answer = client.get(path)
    assert usual.status_code == 200
    assert answer.status_code == 503
    assert "could not be recorded" in answer.text
    assert "etl" not in answer.text.lower()
    if path.startswith("/api"):
        assert answer.json["error"]["code"] == "not_recorded"


def test_a_login_that_cannot_be_recorded_lets_nobody_in(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    client = app.test_client()
    token = world.csrf_token(client.get("/login").text)
    with _log_refused():
        answer = client.post("/login", data={"email": email, "password": world.PASSWORD, "csrf_token": token})
    assert answer.status_code == 503
    assert client.get("/api/v1/me").status_code == 401


def test_a_run_that_cannot_be_recorded_is_not_queued(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "hospital_admin"))
    token = client.get("/api/v1/me").json["data"]["csrfToken"]
    with _log_refused():
        assert client.post("/api/v1/reports/etl/run", headers={"X-CSRFToken": token}).status_code == 503
    with connect("owner") as owner:
        assert owner.execute("select count(*) from ops.run_requests").fetchone() == (0,)
        assert owner.execute("select count(*) from jobs.procrastinate_jobs").fetchone() == (0,)


def test_the_portal_cannot_change_or_remove_records(app: Flask) -> None:
    world.add_user(app, "viewer")
    for statement in (
        "update portal.audit_log set outcome = 'denied'",
        "delete from portal.audit_log",
        "truncate portal.audit_log",
    ):
        with connect("portal") as portal, pytest.raises(Exception, match="permission denied"):
            portal.execute(statement)


def test_no_request_waits_for_a_second_connection_of_one_pool(database: str) -> None:
    app = world.make_app(SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 1, "max_overflow": 0, "pool_timeout": 1})
    client = world.sign_in(app, world.add_user(app, "hospital_admin"))
    for path in ("/staff/reports", "/admin/etl", "/password", "/api/v1/me"):
        assert client.get(path).status_code == 200, path
    token = client.get("/api/v1/me").json["data"]["csrfToken"]
    assert client.post("/api/v1/reports/etl/run", headers={"X-CSRFToken": token}).status_code == 202
    token = world.csrf_token(app.test_client().get("/login").text)
    form = {"email": "hospital_admin@clinic.org", "password": "wrong", "csrf_token": token}
    assert app.test_client().post("/login", data=form).status_code in (200, 400)


def test_a_run_in_progress_does_not_hold_up_the_log(app: Flask) -> None:
    client = world.sign_in(app, world.add_user(app, "viewer"))
    with connect("etl") as run, connect("owner") as migration:
        run.execute("select pg_advisory_lock(%s)", [locks.RUN])
        migration.execute("select pg_advisory_xact_lock(%s)", [locks.MIGRATION])
        assert client.get("/staff/reports").status_code == 200


def test_every_lock_has_a_number_of_its_own() -> None:
    numbers = [value for value in vars(locks).values() if isinstance(value, int)]
    assert len(set(numbers)) == len(numbers) == 5


def _verify(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("select set_config('daybook.everything', 'on', true)"))
        return verify(connection, app.config["AUDIT_KEY"])


def test_records_written_at_once_make_one_chain_without_gaps(app: Flask) -> None:
    def write() -> None:
        with app.app_context():
            for _ in range(10):
                with db.engine.begin() as connection:
                    append(connection, app.config["AUDIT_KEY"], Entry("1", "view", "page", details={"a": ["ü", "1"]}))

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record["id"] for record in world.audit_records()] == list(range(1, 41))
    assert _verify(app) == 40


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("update portal.audit_log set user_id = '2' where id = 2", "record 2 was changed"),
        ("update portal.audit_log set details = '{}' where id = 2", "record 2 was changed"),
        ("delete from portal.audit_log where id = 2", "record 2 is missing"),
        ("update portal.audit_log set prev_hash = hash where id = 2", "record 2 does not follow"),
    ],
)
def test_a_damaged_record_breaks_the_chain_where_it_stands(app: Flask, damage: str, message: str) -> None:
    with app.app_context():
        for number in range(3):
            with db.engine.begin() as connection:
                append(connection, app.config["AUDIT_KEY"], Entry("1", "view", "page", details={"n": number}))
    assert _verify(app) == 3
    with connect("owner") as owner:
        owner.execute(damage)
        owner.commit()
    with pytest.raises(BrokenChainError, match=message):
        _verify(app)
