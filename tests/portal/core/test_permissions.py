"""Every route says what it demands, and every role gets exactly what its permissions give."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.models import Role, db
from portal.permissions import PERMISSIONS, ROLE_PERMISSIONS
from portal.security import PUBLIC, allowed, demands
from tests.portal import world

_ROOT = Path(__file__).resolve().parents[3]


def _routes(app: Flask) -> list[tuple[str, str, str]]:
    return [
        (method, _path(app, rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
    ]


def _path(app: Flask, rule: Rule) -> str:
    values = {name: 1 if type(c).__name__ == "IntegerConverter" else "X1" for name, c in rule._converters.items()}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def test_every_route_declares_what_it_demands(app: Flask) -> None:
    silent = {endpoint for _, _, endpoint in _routes(app) if not demands(app, endpoint)}
    assert silent == set()


def test_only_these_routes_are_public(app: Flask) -> None:
    public = {endpoint for _, _, endpoint in _routes(app) if demands(app, endpoint) == (PUBLIC,)}
    # Those of the second factor want a password first, which is no sign-in yet: test_second_factor.py.
    between = {"two_factor_setup", "two_factor_token_validation", "two_factor_rescue", "tf_select", "mf_recovery"}
    security = {
        f"security.{name}" for name in ("login", "logout", "static", "forgot_password", "reset_password", *between)
    }
    assert public == {"health.healthz", "static", *security}


def test_a_route_without_a_declaration_is_refused_to_everyone(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "figures")
    client = world.sign_in(app, world.add_user(app, "super_admin"))
    assert client.get("/forgotten").status_code == 403


def test_nobody_signed_in_gets_nothing(app: Flask) -> None:
    client = app.test_client()
    for method, path, endpoint in _routes(app):
        if demands(app, endpoint) == (PUBLIC,):
            continue
        answer = client.open(path, method=method)
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
            assert answer.json["error"]["code"] == "unauthorized"
        else:
            assert answer.status_code == 302, (method, path)
            assert answer.location.startswith("/login"), (method, path)


@pytest.mark.parametrize("role", ROLE_PERMISSIONS)
def test_each_role_opens_exactly_the_routes_of_its_permissions(app: Flask, role: str) -> None:
    client = world.sign_in(app, world.add_user(app, role))
    for method, path, endpoint in _routes(app):
        if endpoint.startswith("security.") or endpoint in ("static", "account.sign_out_everywhere"):
            continue  # the last one ends the session that this walks with: test_sessions.py
        token = client.get("/api/v1/me").json["data"]["csrfToken"]
        answer = client.open(path, method=method, headers={"X-CSRFToken": token})
        answer.close()
        if allowed(demands(app, endpoint), ROLE_PERMISSIONS[role]):
            assert answer.status_code not in (401, 403, 405, 500, 503), (role, method, path, answer.status_code)
        else:
            assert answer.status_code == 403, (role, method, path, answer.status_code)


def test_the_database_has_the_roles_of_the_code(app: Flask) -> None:
    with app.app_context():
        assert {role.name for role in db.session.query(Role)} == set(ROLE_PERMISSIONS)


def test_the_page_about_roles_says_what_the_code_grants() -> None:
    lines = (_ROOT / "docs" / "RBAC.md").read_text(encoding="utf-8").splitlines()
    table = [line.strip().strip("|").split("|") for line in lines if line.startswith("|")]
    roles = [cell.strip().strip("`") for cell in table[0][1:]]
    written = {role: set() for role in roles}
    for row in table[2:]:
        for role, cell in zip(roles, row[1:], strict=True):
            if cell.strip():
                written[role].add(row[0].strip().strip("`"))
    assert written == {role: set(granted) for role, granted in ROLE_PERMISSIONS.items()}
    assert {row[0].strip().strip("`") for row in table[2:]} == set(PERMISSIONS)
