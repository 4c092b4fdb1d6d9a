"""What every answer looks like: envelope, parameters, headers, failures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, abort
from flask.cli import NoAppException
from flask.testing import FlaskClient
from sqlalchemy import text

import portal
from portal.models import db
from portal.security import public
from tests.portal import world
from tests.production import production

# A PDF is no page: it has no content security policy and cannot load a stylesheet.
_TEMPLATES = sorted(p for p in (Path(portal.__file__).parent / "templates").rglob("*.html") if p.name != "pdf.html")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A super_admin, signed in."""
    world.fill(
        "metric_definitions",
        [{"metric": "revenue", "label": "Revenue", "formula": "sum", "unit": "money", "model": "m"}],
    )
    return world.sign_in(app, world.add_user(app, "super_admin"))


def test_an_answer_carries_the_build_that_it_comes_from(client: FlaskClient) -> None:
    answer = client.get("/api/v1/metrics?hospitalId=H1").json
    assert answer["success"] is True
    assert answer["data"] == [
        {"metric": "revenue", "label": "Revenue", "formula": "sum", "unit": "money", "exclusions": None, "model": "m"}
    ]
    assert answer["meta"] == {
        "buildId": 1,
        "businessDate": "2026-03-10",
        "dataAsOf": "2026-03-10T10:00:00Z",
        "stale": True,
        "staleReason": "No newer figures were published. What came after 10 Mar 2026 10:00 UTC is not included yet.",
        "currency": None,
        "filters": {"hospitalId": ["H1"]},
    }


@pytest.mark.parametrize(
    ("query", "name", "problem"),
    [
        ("startdate=2026-01-01", "startdate", "is no parameter"),
        ("currency=dollars", "currency", "three letters"),
        ("currency=USD&currency=EUR", "currency", "string"),
    ],
)
def test_a_wrong_parameter_is_named(client: FlaskClient, query: str, name: str, problem: str) -> None:
    answer = client.get(f"/api/v1/metrics?{query}")
    assert answer.status_code == 400
    assert answer.json["success"] is False
    assert problem in answer.json["error"]["fields"][name]
    assert name in answer.json["error"]["message"]


def test_authentication_comes_before_validation(app: Flask) -> None:
    assert app.test_client().get("/api/v1/metrics?nonsense=1").status_code == 401


def test_the_api_is_described_completely(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    described = set(document["paths"])
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and rule.endpoint != "api_v1.openapi.document"
    }
    assert described == routes
    for reference in re.findall(r"#/components/schemas/(\w+)", str(document)):
        assert reference in document["components"]["schemas"]
    page = client.get("/staff/api").text
    for path in described:
        assert path in page


def test_every_answer_has_the_security_headers(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (
        "/staff/reports",
        "/login",
        "/nowhere",
        "/api/v1/me",
        "/api/v1/nowhere",
        "/static/icon.svg",
        "/healthz",
    ):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert "Referrer-Policy" in answer.headers
            assert "Permissions-Policy" in answer.headers
            assert "Strict-Transport-Security" not in answer.headers
            if not path.startswith("/static"):
                assert answer.headers["Cache-Control"] == "no-store"
    assert "max-age" in client.get("/login", base_url="https://localhost").headers["Strict-Transport-Security"]
    monkeypatch.setenv("DAYBOOK_ENV", "production")  # a proxy in front may not say that it spoke TLS
    assert "max-age" in client.get("/login").headers["Strict-Transport-Security"]


@pytest.mark.parametrize("template", _TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script


def test_a_failure_nobody_expected_shows_a_number_and_no_detail(app: Flask) -> None:
    def fail() -> str:
        raise ValueError("secret detail")

    for rule in ("/fail", "/api/v1/fail"):
        app.add_url_rule(rule, rule, public(fail))
    page = app.test_client().get("/fail")
    assert page.status_code == 500
    assert re.search(r"<code>[0-9a-f]{32}</code>", page.text)
    answer = app.test_client().get("/api/v1/fail")
    assert answer.json["error"]["code"] == "internal"
    assert answer.headers["X-Request-Id"] in answer.json["error"]["message"]
    for shown in (page.text, answer.text):
        assert "secret detail" not in shown
        assert "Traceback" not in shown


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_every_refusal_is_a_page_and_an_envelope(app: Flask, status: int) -> None:
    for rule in (f"/stop/{status}", f"/api/v1/stop/{status}"):
        app.add_url_rule(rule, rule, public(lambda: abort(status)))
    page = app.test_client().get(f"/stop/{status}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "<h1>" in page.text
    answer = app.test_client().get(f"/api/v1/stop/{status}")
    assert answer.status_code == status
    assert answer.json["success"] is False


def test_a_database_that_does_not_answer_is_said_plainly(database: str) -> None:
    app = world.make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody:x@127.0.0.1:9/none")
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/login").status_code == 200
    answer = client.get("/staff/reports")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text


def test_an_api_caller_over_the_limit_is_put_off(database: str) -> None:
    app = world.make_app(API_LIMIT="2 per minute")
    client = world.sign_in(app, world.add_user(app, "viewer"))
    assert [client.get(f"/api/v1/{name}").status_code for name in ("me", "freshness")] == [200, 200]
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/staff/reports").status_code == 200


def test_production_without_its_secrets_does_not_start(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_ENV", "production")
    with pytest.raises(Exception, match=r"DAYBOOK_SECRET_KEY.* not set"):
        world.make_app()


def test_production_wants_a_login_of_its_own_and_the_number_of_proxies(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    production(monkeypatch)
    world.publish()
    clear = {"SESSION_COOKIE_SECURE": False, "SESSION_COOKIE_NAME": "s", "PREFERRED_URL_SCHEME": "http"}
    app = world.make_app(**clear)  # as the test's browser speaks
    client = world.sign_in(app, world.add_user(app, "viewer"))
    assert client.get("/api/v1/freshness").json["data"]["buildId"] == 1
    with app.app_context():
        who = db.session.execute(text("select session_user, current_user")).one()
    assert who == ("own_web", "daybook_portal")
    for name, sentence in {
        "DAYBOOK_PORTAL_URL": "DAYBOOK_PORTAL_URL names no login of its own",
        "DAYBOOK_TRUSTED_PROXIES": "DAYBOOK_TRUSTED_PROXIES not set",
    }.items():
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(NoAppException, match=sentence):
                world.make_app()


def test_the_menu_and_the_cards_show_what_the_role_may_open(app: Flask) -> None:
    shown = {}
    for role in ("viewer", "hospital_admin", "auditor"):
        page = world.sign_in(app, world.add_user(app, role)).get("/staff/reports").text
        shown[role] = set(re.findall(r'class="nav__link" href="([^"]+)"', page))
    assert "/admin/etl" not in shown["viewer"]
    assert "/admin/etl" in shown["hospital_admin"]
    assert shown["auditor"] == {"/staff/reports", "/staff/views", "/admin/audit", "/admin/usage"}
