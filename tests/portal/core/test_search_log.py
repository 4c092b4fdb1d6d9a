"""What is typed into the patient search stays out of the log, and out of SQL unless it can be an id."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from tests.portal import world
from warehouse.engine import connect

_NAMES = ["Zebedee", "Zebedee Quux", "zebedee@quux.org", "Zebedee 1980-02-01", "Zebedee\u00a0Quux7"]


def _search(app: Flask, text: str):
    client = world.sign_in(app, world.add_user(app, "patient_accounts"))
    return client.get("/api/v1/reports/patients", query_string={"q": text})


@pytest.fixture
def sent(app: Flask) -> Iterator[list[str]]:
    """Everything that the portal sends to the database for figures."""
    values: list[str] = []
    engine = app.extensions["daybook_marts"]

    def keep(*given: object) -> None:
        values.append(f"{given[2]} {given[3]}")

    event.listen(engine, "before_cursor_execute", keep)
    yield values
    event.remove(engine, "before_cursor_execute", keep)


@pytest.mark.parametrize("text", [*_NAMES, "X-4711"])
@pytest.mark.parametrize(
    "refusal",
    [
        "revoke select on marts_b1.dim_patients from daybook_portal",
        "revoke usage on schema marts_b1 from daybook_portal",
    ],
)
def test_a_search_that_fails_logs_nothing_of_what_was_typed(
    app: Flask, caplog: pytest.LogCaptureFixture, text: str, refusal: str
) -> None:
    with connect("owner", autocommit=True) as owner:
        owner.execute(refusal)
    with caplog.at_level(logging.DEBUG):
        answer = _search(app, text)
    assert answer.status_code == 503
    assert "database failure" in caplog.text
    for part in ("ebedee", "uux", "1980-02-01", "4711"):
        assert part not in caplog.text


@pytest.mark.parametrize("text", _NAMES)
def test_a_name_is_never_sent_to_the_database_as_typed(app: Flask, sent: list[str], text: str) -> None:
    assert _search(app, text).status_code == 200
    assert sent
    assert "zebedee" not in " ".join(sent).lower()


def test_an_id_is_looked_up_as_typed(app: Flask, sent: list[str]) -> None:
    world.fill("dim_patients", [{"hospital_id": "H1", "patient_id": "X-4711", "birth_year": 1970}])
    answer = _search(app, "X-4711")
    assert [row["patientId"] for row in answer.json["data"]] == ["X-4711"]
    assert "X-4711" in " ".join(sent)
