"""Scopes of API tokens: never more than the user may; listing and revoking them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from portal.services import tokens
from portal.services.tokens import EVERYTHING, Scope
from portal.services.users import UserError
from tests.portal import world
from warehouse.engine import connect

_RUN, _RUNS, _METRICS, _ME = "/api/v1/reports/etl/run", "/api/v1/reports/etl/runs/1", "/api/v1/metrics", "/api/v1/me"


def _bearer(app: Flask, email: str, scope: Scope = EVERYTHING, name: str = "") -> dict[str, str]:
    with app.app_context():
        token = tokens.create(email, 1, datetime.now(UTC), by="test", scope=scope, name=name)
    return {"Authorization": f"Bearer {token}"}


def _statuses(app: Flask, bearer: dict[str, str]) -> tuple[int, ...]:
    client = app.test_client()
    answers = [
        client.get(_RUNS, headers=bearer),
        client.get(_METRICS, headers=bearer),
        client.post(_RUN, headers=bearer),
    ]
    return tuple(answer.status_code for answer in answers)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (EVERYTHING, (200, 200, 202)),
        (Scope(writes=False), (200, 200, 403)),
        (Scope(permissions=("etl:read",)), (200, 403, 403)),
        (Scope(permissions=("definitions:read", "etl:run")), (403, 200, 202)),
        (Scope(writes=False, permissions=("etl:run",)), (403, 403, 403)),
    ],
)
def test_a_token_does_what_its_scope_says(app: Flask, scope: Scope, expected: tuple[int, ...]) -> None:
    assert _statuses(app, _bearer(app, world.add_user(app, "hospital_admin"), scope)) == expected


def test_a_token_that_only_reads_says_so_and_is_recorded_under_its_user(app: Flask) -> None:
    bearer = _bearer(app, world.add_user(app, "hospital_admin"), Scope(writes=False))
    answer = app.test_client().post(_RUN, headers=bearer)
    assert answer.json["error"]["message"] == "This token only reads: make one that may write."
    record = world.audit_records()[-1]
    assert (record["action"], record["user_id"]) == ("access_denied", "1")


def test_no_token_does_more_than_its_user(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    with pytest.raises(UserError, match=r"does not have etl:run, nonsense"):
        _bearer(app, email, Scope(permissions=("reports:read", "etl:run", "nonsense")))
    admin = world.add_user(app, "hospital_admin")
    bearer = _bearer(app, admin, Scope(permissions=("etl:read", "definitions:read")))
    with connect("owner") as owner:
        owner.execute(
            "update portal.roles_users set role_id = (select id from portal.roles where name = 'viewer') where user_id = 2"
        )
    assert _statuses(app, bearer)[:2] == (403, 200)


def test_a_token_says_what_it_may(app: Flask) -> None:
    bearer = _bearer(app, world.add_user(app, "accountant"), Scope(permissions=("reports:read",)))
    assert app.test_client().get(_ME, headers=bearer).json["data"]["permissions"] == ["reports:read"]
    assert len(world.sign_in(app, "accountant@clinic.org").get(_ME).json["data"]["permissions"]) > 1


def test_the_account_lists_and_revokes_its_tokens(app: Flask) -> None:
    email, other = world.add_user(app, "accountant"), world.add_user(app, "viewer")
    bearer = _bearer(app, email, Scope(writes=False), "nightly <export>")
    theirs = _bearer(app, other, name="somebody else's")
    client, program = world.sign_in(app, email), app.test_client()
    page = client.get("/account").text
    assert "nightly &lt;export&gt;" in page
    assert "everything you may; reads only" in page
    assert "<td>never</td>" in page
    assert "somebody else" not in page
    assert program.get(_ME, headers=bearer).status_code == 200
    assert re.search(r"<td>\d+ \w{3} \d{4} \d\d:\d\d UTC</td>\s*<td>\s*<form", client.get("/account").text)
    form = {"csrf_token": world.csrf_token(page)}
    assert client.post("/account/tokens/2/revoke", data=form).status_code == 404
    assert program.get(_ME, headers=theirs).status_code == 200
    assert client.post("/account/tokens/1/revoke", data=form).location == "/account"
    assert program.get(_ME, headers=bearer).status_code == 401
    assert client.post("/account/tokens/1/revoke", data=form).status_code == 404
    actions = [one["action"] for one in world.audit_records()]
    assert actions.count("token_revoke") == 1


def test_commands_make_list_and_revoke(app: Flask) -> None:
    email, runner = world.add_user(app, "hospital_admin"), app.test_cli_runner()
    words = ["tokens", "create", "--email", email, "--name", "board", "--read-only", "--permission", "definitions:read"]
    bearer = {"Authorization": f"Bearer {runner.invoke(args=words).output.strip()}"}
    assert _statuses(app, bearer) == (403, 200, 403)
    listed = runner.invoke(args=["tokens", "list", "--email", email]).output
    assert re.match(r"1  board  until \S+  last used \S+ \S+ UTC  definitions:read; reads only\n", listed), listed
    assert bearer["Authorization"].split("_", 1)[1] not in listed
    assert runner.invoke(args=["tokens", "revoke", "1"]).output == "Token 1 is revoked.\n"
    assert app.test_client().get(_METRICS, headers=bearer).status_code == 401
    again = runner.invoke(args=["tokens", "revoke", "1"])
    assert (again.exit_code, "no token 1 to revoke" in again.output) == (2, True)


def test_a_name_is_one_short_line(app: Flask) -> None:
    email = world.add_user(app, "viewer")
    for name in ("two\nlines", "x" * 101):
        with pytest.raises(UserError, match="one line of at most 100"):
            _bearer(app, email, name=name)
