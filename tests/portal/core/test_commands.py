"""``flask --app portal users`` and ``tokens``: what they make, and the sentence for everything they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests.portal import world

_ROOT = Path(__file__).resolve().parents[3]
_GOOD = {"--email": "Ann@Clinic.org", "--role": "accountant", "--hospital": "H1", "--password": world.PASSWORD}


def _users(app: Flask, **changes: str | None) -> Result:
    options = _GOOD | {f"--{name}": value for name, value in changes.items()}
    words = [word for name, value in options.items() if value is not None for word in (name, value)]
    return app.test_cli_runner().invoke(args=["users", "create", *words])


def test_a_created_user_signs_in_and_is_recorded(empty_app: Flask) -> None:
    result = _users(empty_app)
    assert result.exit_code == 0, result.output
    assert "Created ann@clinic.org (accountant; H1)" in result.output
    client = world.sign_in(empty_app, "ann@clinic.org")
    assert client.get("/api/v1/me").json["data"]["hospitals"] == ["H1"]
    record = world.audit_records()[0]
    assert record["action"] == "user_create"
    assert record["new_values"]["email"] == "ann@clinic.org"
    assert world.PASSWORD not in str(record)


def test_the_password_is_asked_for(empty_app: Flask) -> None:
    args = ["users", "create", "--email", "ann@clinic.org", "--role", "super_admin"]
    result = empty_app.test_cli_runner().invoke(args=args, input=f"{world.PASSWORD}\n{world.PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert world.PASSWORD not in result.output
    world.sign_in(empty_app, "ann@clinic.org")


def test_address_and_password_are_read_as_the_login_form_reads_them(empty_app: Flask) -> None:
    composed, decomposed = "p\u00e9n\u00e9lope waits", "pe\u0301ne\u0301lope waits"
    assert _users(empty_app, email="Zo\u00eb@Praxis.local", password=composed).exit_code == 0
    client = empty_app.test_client()
    token = world.csrf_token(client.get("/login").text)
    form = {"email": "ZO\u00cb@praxis.LOCAL", "password": decomposed, "csrf_token": token}
    assert client.post("/login", data=form).status_code == 302
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"role": "boss"}, "No role called boss: use one of viewer, patient_accounts"),
        ({"email": "ann"}, "'ann' is no e-mail address"),
        ({"password": "short"}, "The password cannot be used: Password must be at least 12 characters"),
        ({"hospital": None}, "needs at least one hospital: give --hospital"),
        ({"hospital": "H1,H2"}, "'H1,H2' is no hospital id"),
        ({"hospital": " "}, "' ' is no hospital id"),
        ({"role": "provider"}, "needs at least one provider: give --provider"),
    ],
)
def test_what_cannot_be_is_named(empty_app: Flask, changes: dict, sentence: str) -> None:
    result = _users(empty_app, **changes)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_an_unknown_hospital_of_a_published_build_is_named(app: Flask) -> None:
    result = _users(app, hospital="H9")
    assert result.exit_code == 2
    assert "No hospital called H9: the live build has H1, H2." in result.output


def test_an_address_is_taken_once(empty_app: Flask) -> None:
    assert _users(empty_app).exit_code == 0
    result = _users(empty_app, email="ann@clinic.org")
    assert result.exit_code == 2
    assert "There is already a user ann@clinic.org." in result.output


def test_a_printed_token_works(empty_app: Flask) -> None:
    _users(empty_app)
    result = empty_app.test_cli_runner().invoke(args=["tokens", "create", "--email", "ann@clinic.org", "--days", "2"])
    assert result.exit_code == 0
    headers = {"Authorization": f"Bearer {result.output.strip()}"}
    assert empty_app.test_client().get("/api/v1/me", headers=headers).status_code == 200


def test_a_token_for_nobody_is_a_sentence(empty_app: Flask) -> None:
    result = empty_app.test_cli_runner().invoke(args=["tokens", "create", "--email", "nobody@clinic.org"])
    assert result.exit_code == 2
    assert "There is no user nobody@clinic.org" in result.output


def test_a_database_that_does_not_answer_is_a_sentence(database: str) -> None:
    app = world.make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody:x@127.0.0.1:9/none")
    result = _users(app)
    assert result.exit_code == 1
    assert "the database does not answer" in result.output
    assert "Traceback" not in result.output


def test_a_warehouse_that_was_never_set_up_is_a_sentence(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DAYBOOK_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "flask", "--app", "portal", "tokens", "create", "--email", "ann@clinic.org"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=_ROOT)
    assert result.returncode == 2
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
