"""Headers of every answer of every address, failures included: what a browser may do with it, and what it must not keep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import abort
from werkzeug.test import TestResponse

from portal.security import public
from tests.portal import world
from tests.portal.attacks.target import PERIOD, Target, query
from warehouse.engine import connect

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
_SECURE = {"base_url": "https://localhost"}


def _answers(target: Target, role: str | None) -> Iterator[tuple[str, TestResponse]]:
    browser = target.browser(role) if role else target.app.test_client()
    for rule in target.app.url_map.iter_rules():
        if rule.endpoint == "security.logout":
            continue
        for method in {"GET"} if "GET" in (rule.methods or ()) else set(rule.methods or ()) - {"HEAD"}:
            address = f"{target.address(rule)}?{query(rule, **PERIOD)}"
            with browser.open(address, method=method, **_SECURE) as answer:  # a write lacks the form's token: 400
                yield f"{method} {address}", answer


@pytest.mark.parametrize("role", ["super_admin", "viewer", None])
def test_every_answer_of_every_address_has_them(target: Target, role: str | None) -> None:
    seen: set[int] = set()
    for what, answer in _answers(target, role):
        _assert_headers(what, answer)
        seen.add(answer.status_code)
    assert {200, 404} <= seen
    assert seen & {302, 400, 401, 403}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503])
def test_every_failure_has_them_and_tells_nothing(target: Target, status: int) -> None:
    app = world.make_app()  # one that has answered nothing yet takes further routes
    addresses = (f"/stopped/{status}", f"/api/v1/stopped/{status}")
    for address in addresses:
        app.add_url_rule(address, address, public(lambda: abort(status)))
    for address in addresses:
        with app.test_client().get(address, **_SECURE) as answer:
            assert answer.status_code == status
            _assert_headers(address, answer)


def _assert_headers(what: str, answer: TestResponse) -> None:
    headers = answer.headers
    policy = {part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split(";")}
    assert policy["default-src"] == ["'none'"], what
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == ["'self'"], what
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"], what
    assert headers["X-Content-Type-Options"] == "nosniff", what
    assert headers["X-Frame-Options"] == "DENY", what
    assert headers["Referrer-Policy"] == "same-origin", what
    assert "camera=()" in headers["Permissions-Policy"], what
    assert int(headers["Strict-Transport-Security"].split(";")[0].removeprefix("max-age=")) >= 31_536_000, what
    assert not [name for name, _ in headers if name.startswith("Access-Control-") or name == "X-Powered-By"], what
    assert "Server" not in headers, what
    if answer.data and answer.mimetype.startswith("text/"):
        assert "charset=utf-8" in answer.content_type, what
    if "/static/" not in what:
        assert headers["Cache-Control"] == "no-store" or "no-store" in headers["Cache-Control"].split(", "), what
    for told in ("Traceback", "sqlalchemy", "psycopg", "werkzeug", "site-packages"):
        assert told not in answer.text if answer.mimetype.startswith(("text/html", "application/json")) else True, what


def test_answers_of_the_api_are_not_opened_as_pages(target: Target) -> None:
    for rule in target.readable(lambda rule: rule.rule.startswith("/api/")):
        with target.browser("super_admin").get(f"{target.address(rule)}?{query(rule, **PERIOD)}") as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment"), rule
    assert "attachment" in target.app.test_client().get("/api/v1/nowhere").headers["Content-Disposition"]


@pytest.mark.parametrize("path", ["/staff/reports", "/api/v1/me", "/login"])
def test_no_other_site_may_read_answers(target: Target, path: str) -> None:
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "x"}
        for method in ("GET", "OPTIONS"):
            answer = target.browser("viewer").open(path, method=method, headers=asked)
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]


def test_an_origin_of_ones_own_making_opens_nothing(target: Target) -> None:
    headers = {
        "Origin": "http://localhost",
        "Referer": "http://localhost/staff/reports",
        "X-Forwarded-For": "127.0.0.1",
    }
    assert target.app.test_client().get("/api/v1/me", headers=headers).status_code == 401


def test_only_the_methods_of_a_route_work(target: Target) -> None:
    browser = target.browser("super_admin")
    with connect("owner") as owner:
        before = owner.execute("select count(*) from portal.write_offs").fetchone()
    for rule in target.app.url_map.iter_rules():
        allowed = {
            method
            for other in target.app.url_map.iter_rules()
            if other.rule == rule.rule
            for method in other.methods or ()
        }
        for method in set(_METHODS) - allowed:
            answer = browser.open(target.address(rule), method=method)
            # Another route may have this address, as /<id>/export has that of /<path>: what it says is a refusal, too.
            assert answer.status_code in (400, 403, 404, 405), (method, rule, answer.status_code)
    with connect("owner") as owner:
        assert owner.execute("select count(*) from portal.write_offs").fetchone() == before


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_header_makes_no_other_method(target: Target, header: str) -> None:
    browser = target.browser("super_admin")
    assert browser.get("/api/v1/reports/etl/run", headers={header: "POST"}).status_code == 405
    assert browser.get("/staff/write-offs/1/approve", headers={header: "POST"}).status_code == 405
    assert browser.get("/staff/write-offs?_method=DELETE&method=POST", headers={header: "DELETE"}).status_code != 500
    answer = browser.post("/api/v1/financial-reports/write-offs/1", headers={header: "PATCH"})
    assert answer.status_code == 405
