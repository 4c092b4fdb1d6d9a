"""Many people at once, while records fail at random and connections die: what each was answered, and what the log says of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from traceback import format_tb
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.test import TestResponse

from portal.services.audit import AuditUnavailableError
from tests.portal import world
from tests.portal.audit.load_writes import KINDS, Hand, Kind
from tests.portal.billing_audit import logs
from warehouse.audit_chain import Entry, record
from warehouse.engine import connect

# A record is refused at once or at the commit, each about one time in ten.
_FAULT = """
    create function public.refuse_some() returns trigger language plpgsql as
    $$ begin if random() < 0.1 then raise exception 'the disk is full' using errcode = 'disk_full'; end if; return new; end $$;
    grant execute on function public.refuse_some() to daybook_portal;
    create trigger refuse before insert on portal.audit_log for each row execute function public.refuse_some();
    create constraint trigger refuse_late after insert on portal.audit_log deferrable initially deferred
      for each row execute function public.refuse_some();
"""
_KILL = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and query like '%%portal.audit_log%%' and query not like '%%refuse%%'
    order by md5(pid::text || %s::text) limit 1
"""
PEOPLE = {
    "boss": ("super_admin", ()), "admin": ("hospital_admin", ("H1",)), "accountant": ("accountant", ("H1",)),
    "abroad": ("accountant", ("H2",)), "viewer": ("viewer", ("H1",)), "doctor": ("provider", ("H1",)),
}  # fmt: skip
_OF_CASES = ("boss", "doctor")  # who may change what is about cases: few, so that they do it more often
_PERIOD = "startDate=2026-01-01&endDate=2026-03-31"
_READ = (
    "/staff/reports", "/staff/reports/revenue", "/staff/outstanding", "/staff/patients/P01", "/staff/outstanding/I06",
    "/staff/write-offs", "/admin/audit", "/admin/etl", "/admin/users", "/staff/nothing", "/staff/outstanding?hospitalId=H9",
    "/api/v1/me", "/api/v1/freshness", f"/api/v1/reports/revenue?{_PERIOD}", "/api/v1/reports/outstanding?hospitalId=H1",
    "/api/v1/financial-reports/ar-aging?hospitalId=H1", "/api/v1/reports/patients/P01/history?hospitalId=H1", "/api/v1/nothing",
    "/staff/outstanding/export?format=csv&hospitalId=H1", "/staff/outstanding/export?format=xlsx&hospitalId=H1",
    "/admin/audit/export.csv", f"/api/v1/financial-reports/export?reportType=ar-aging&format=csv&hospitalId=H1&{_PERIOD}",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What somebody was answered. ``cut`` says that a file broke off."""

    who: str
    what: str
    status: int
    number: str
    cut: bool = False


@dataclass
class Load:
    """What happened."""

    app: Flask
    answers: list[Answer] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    appended: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    case: str = ""

    def send(self, who: str, what: str, answer: TestResponse) -> TestResponse:
        """Read an answer to its end and keep what it was."""
        cut = False
        try:
            answer.get_data()
        except (AuditUnavailableError, SQLAlchemyError):
            cut = True
        finally:
            answer.close()
        self.answers.append(Answer(who, what, answer.status_code, answer.headers["X-Request-Id"], cut))
        return answer


@contextmanager
def faults(load: Load, rng: Random) -> Iterator[None]:
    """Meanwhile refuse records at random and kill connections that write them."""
    over = threading.Event()
    seeds = iter(rng.random, None)

    def kill() -> None:
        with connect("owner", autocommit=True) as owner:
            while not over.wait(0.05):
                load.done["killed"] += len(owner.execute(_KILL, [next(seeds)]).fetchall())

    killer = threading.Thread(target=kill)
    with connect("owner", autocommit=True) as owner:
        owner.execute(_FAULT)
        killer.start()
        try:
            yield
        finally:
            over.set()
            killer.join()
            owner.execute("drop function public.refuse_some() cascade")


def run(app: Flask, requests: int, seed: int) -> Load:
    """Let each of ``PEOPLE`` send so many requests, two of them at once each, beside commands that write records too."""
    load, rng = Load(app), Random(seed)
    for name, (role, hospitals) in PEOPLE.items():
        world.add_user(app, role, hospitals, f"{name}@clinic.org", ["D1"])
    doctor = world.sign_in(app, "doctor@clinic.org")
    logs.import_log(doctor)
    load.case = logs.key_of(doctor, "T77")
    browsers = [(name, world.sign_in(app, f"{name}@clinic.org")) for name in PEOPLE for _ in range(2)]
    workers = [
        threading.Thread(target=_work, args=(load, name, client, requests // 2, Random(rng.random())))
        for name, client in browsers
    ]
    workers += [threading.Thread(target=_append, args=(load, requests, name)) for name in ("backup", "purge")]
    with ExitStack() as stack:
        stack.enter_context(faults(load, rng))
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return load


def _work(load: Load, name: str, client: FlaskClient, requests: int, rng: Random) -> None:
    """Change something of every kind, and beside it read, search, sign in and ask, in any order."""
    kinds: list[Kind | None] = [*KINDS * (3 if name in _OF_CASES else 1), *[None] * requests]
    rng.shuffle(kinds)
    token = None
    for kind in kinds:
        try:
            while token is None:
                token = _token(client)
            if kind is None:
                _step(load, name, client, rng, token)
            else:
                word = f"w{rng.randrange(10**12)}"
                send = partial(load.send, name)
                kind.make(Hand(client, token, word, f"{name}@clinic.org", load.case, send))
        except Exception as error:  # noqa: BLE001 - told in the end, and work goes on
            load.raised.append(
                f"{name}: {type(error).__name__}: {error} {''.join(format_tb(error.__traceback__)[-4:])}"
            )


def _token(client: FlaskClient) -> str | None:
    answer = client.get("/api/v1/me")
    return str(answer.json["data"]["csrfToken"]) if answer.status_code == 200 else None


def _step(load: Load, name: str, client: FlaskClient, rng: Random, token: str) -> None:
    chance = rng.random()
    headers = {"X-CSRFToken": token}
    if chance < 0.7:
        address = rng.choice(_READ)
        try:
            first = load.send(name, address, client.get(address))
        except (AuditUnavailableError, SQLAlchemyError):
            if "csv" not in address:
                raise
            load.done["files that broke off at once"] += 1  # the server closes the connection: nothing was sent
            return
        if "ETag" in first.headers and rng.random() < 0.5:
            load.send(name, address, client.get(address, headers={"If-None-Match": first.headers["ETag"]}))
    elif chance < 0.8:
        form = {"q": "P01", "csrf_token": token}
        load.send(name, "search", client.post("/staff/patients", data=form))
    elif chance < 0.85:
        stranger = load.app.test_client()
        form = {"email": f"{name}@clinic.org", "password": world.PASSWORD}
        form["csrf_token"] = world.csrf_token(stranger.get("/login").text)
        load.send(name, "login", stranger.post("/login", data=form))
    else:
        body = {"invoiceId": "I06", "hospitalId": "H1", "amount": "0.01", "reason": "load", "category": "OTHER"}
        address = "/api/v1/financial-reports/write-offs"
        answer = load.send(name, "ask", client.post(address, json=body, headers=headers))
        if answer.status_code == 201:
            number = answer.json["data"]["id"]
            load.send(name, "cancel", client.patch(f"{address}/{number}/cancel", json={}, headers=headers))


def _append(load: Load, times: int, name: str) -> None:
    key = load.app.config["AUDIT_KEY"]
    for number in range(times):
        with suppress(SQLAlchemyError):
            load.appended.append(record(key, Entry(f"command line {name}", "test", "load", details={"number": number})))


def rows(query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Read as the owner."""
    with connect("owner") as owner:
        return owner.execute(query, values).fetchall()
