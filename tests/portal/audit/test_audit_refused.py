"""While no audit record can be written, nothing is shown and nothing changes, whatever is asked for; the rest goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from werkzeug.test import TestResponse

from portal.security.declare import is_recorded
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.audit.faults import FAULTS, fingerprint, records_fail
from tests.portal.audit.walk import Portal, addresses, is_public, is_slow, shown
from tests.portal.audit.writes import UNCHANGING, WRITES
from warehouse.engine import connect

_ENVELOPE = "The access could not be recorded, so it was not granted. Try again in a minute."
_NUMBER = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def portal(server: str, published_world: str) -> Iterator[Portal]:
    """The portal on a copy of the published world."""
    for _ in fresh_database(server, published_world):
        yield Portal(world.make_app(SITE_URL="https://daybook.example", SMALL_BALANCE_LIMITS={"*": Decimal(100)}))


def _problem(what: str, answer: TestResponse) -> str | None:
    """Return what is wrong with an answer that must say nothing but that the access could not be recorded."""
    body = _NUMBER.sub("N", answer.get_data(as_text=True))
    if answer.status_code != 503:
        return f"{what}: {answer.status_code}"
    for header in ("ETag", "Content-Disposition", "Set-Cookie", "Location"):
        if "api.json" not in answer.headers.get(header, "api.json"):
            return f"{what}: has {header}"
    if answer.is_json:
        error = {"code": "not_recorded", "message": f"{_ENVELOPE} Request N.", "fields": {}}
        return None if answer.json | {"error": None} == {"success": False, "error": None} and _NUMBER.sub(
            "N", str(answer.json["error"])
        ) == str(error) else f"{what}: {body}"  # fmt: skip
    words = re.sub(r"<[^>]*>", " ", body)
    is_designed = _ENVELOPE in body and 'class="panel"' in body and set(re.findall(r"\d+", words)) == {"503"}
    return None if is_designed and len(body) < 2_000 else f"{what}: {words}"


def test_each_of_these_is_an_answer_when_records_are_written(portal: Portal) -> None:
    rules, problems = shown(portal), []
    for rule in rules:
        for address in addresses(portal, rule):
            with portal.browser(rule.endpoint).get(address) as answer:
                if answer.status_code != 200 or not answer.data:
                    problems.append(f"{rule.endpoint} {address}: {answer.status_code} {answer.text[:300]}")
    assert not problems, "\n".join(problems)
    assert len(rules) >= 60


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_shown(portal: Portal, fault: str) -> None:
    problems = []
    with records_fail(fault):
        for rule in shown(portal):
            for address in addresses(portal, rule):
                if is_slow(address) and fault != "no right":
                    continue
                with portal.browser(rule.endpoint).get(address, headers={"If-None-Match": "*"}) as answer:
                    problems.append(_problem(address, answer))
    found = [one for one in problems if one]
    assert not found, "\n".join(found)
    assert len(problems) > 80


def test_nothing_changes(portal: Portal) -> None:
    rules = [
        rule for rule in portal.app.url_map.iter_rules() if {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
    ]
    unsaid = {rule.endpoint for rule in rules} - set(WRITES)
    assert not unsaid, f"tests/portal/audit/writes.py does not say how these are sent: {sorted(unsaid)}"
    problems = []
    for endpoint, prepare in WRITES.items():
        send = prepare(portal)
        before = fingerprint()
        for fault in FAULTS:
            with records_fail(fault), send() as answer:
                problems.append(_problem(f"{endpoint}, {fault}", answer) if endpoint != "security.logout" else None)
            after = fingerprint()
            changed = sorted(name for name in before if before[name] != after[name])
            if endpoint == "security.logout":  # nobody is kept in
                changed.remove("portal.ended_sessions")
            problems.append(f"{endpoint}, {fault}: changes {changed}" if changed else None)
        if endpoint == "security.logout":
            send, before = prepare(portal), fingerprint()
        with send() as answer:
            if answer.status_code >= 400:
                problems.append(f"{endpoint}: {answer.status_code} though records are written: {answer.text[:300]}")
        changed = sorted(name for name, digest in fingerprint().items() if before[name] != digest)
        if "portal.audit_log" not in changed or (len(changed) == 1) != (endpoint in UNCHANGING):
            problems.append(f"{endpoint}: changed {changed} when records were written")
    found = [one for one in problems if one]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_shows_nothing_goes_on(portal: Portal, fault: str) -> None:
    stranger, seen = portal.app.test_client(), []
    rules = [rule for rule in portal.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    with records_fail(fault):
        for rule in rules:
            if is_public(portal, rule):
                seen += [(rule.endpoint, stranger.get(address).status_code) for address in addresses(portal, rule)]
            elif not is_recorded(portal.app, rule.endpoint):
                with portal.boss.get(next(addresses(portal, rule))) as answer:
                    seen.append((rule.endpoint, answer.status_code))
        assert stranger.get("/nothing/here").status_code == 404
    wrong = {endpoint: status for endpoint, status in seen if status >= 500}
    assert wrong == {"security.reset_password": 503}  # a guess at somebody's link: not without a record
    assert {endpoint for endpoint, _ in seen} >= {"static", "health.healthz", "security.login", "home.build"}


def test_a_file_that_cannot_be_finished_on_record_is_cut_off(portal: Portal) -> None:
    for address in ("/admin/audit/export.csv", "/admin/etl/1/rejects.csv", "/staff/outstanding/export?hospitalId=H1"):
        answer = portal.boss.get(address)
        assert answer.status_code == 200
        with records_fail("no right"), pytest.raises(Exception, match="could not be recorded"):
            answer.get_data()
        with connect("owner") as owner:
            outcome = owner.execute("select outcome from portal.audit_log order by id desc limit 1").fetchone()
        assert outcome == ("started",), address
        answer.close()  # it can be recorded again: the file did not leave whole
        with connect("owner") as owner:
            outcome = owner.execute("select outcome from portal.audit_log order by id desc limit 1").fetchone()
        assert outcome == ("failed",), address
