"""Contact details of a patient: after a reason, once recorded, of one's own hospitals; and the database insists."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal import world
from warehouse.engine import connect

SignIn = Callable[[str], FlaskClient]
CONTACT = "/staff/patients/P01/contact"
_ASK = (
    "insert into portal.contact_reveals (user_id, hospital_id, patient_id, reason)"
    " values ((select min(id) from portal.users), 'H1', 'P01', 'reminder') returning reveal_id"
)
_REVEAL = "select source_name from phi.reveal_contact(%s)"


def _send(client: FlaskClient, address: str = CONTACT, **form: str) -> TestResponse:
    token = world.csrf_token(client.get("/staff/reports").text)
    return client.post(address, data=form | {"csrf_token": token})


def _asked() -> int:
    with connect("owner") as connection:
        return int(connection.execute("select count(*) from portal.contact_reveals").fetchall()[0][0])


def test_details_are_shown_after_a_reason_and_recorded_first(client: SignIn) -> None:
    browser = client("patient_accounts")
    assert "/staff/patients/P01/contact" in browser.get("/staff/patients/P01").text
    form = browser.get(CONTACT)
    assert form.status_code == 200 and "López" not in form.text
    shown = _send(browser, reason="returned_mail", reference="CALL-7")
    assert shown.status_code == 200
    for what in ("Maria López", "3 Feb 1950", "555 010 2030"):
        assert what in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    last = world.audit_records()[-1]
    assert (last["action"], last["resource_id"], last["hospital_ids"]) == ("contact_reveal", "P01", ["H1"])
    assert {name: last["new_values"][name] for name in ("reason", "reference")} == {
        "reason": "returned_mail", "reference": "CALL-7",
    }  # fmt: skip
    assert "López" not in repr(world.audit_records())


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "reason"),
        ({"reason": "curious"}, "reason"),
        ({"reason": "reminder", "reference": "Maria López"}, "reference"),
    ],
)
def test_without_a_reason_nothing_is_shown_or_recorded(client: SignIn, form: dict[str, str], field: str) -> None:
    before = _asked()
    refused = _send(client("patient_accounts"), **form)
    assert refused.status_code == 400
    assert re.search(rf'id="e-{field}"', refused.text)
    assert "555 010 2030" not in refused.text
    assert _asked() == before


def test_only_the_entitled_and_only_of_their_hospitals(client: SignIn) -> None:
    before = _asked()
    assert _send(client("viewer"), reason="reminder").status_code == 403
    assert _send(client("accountant_h2"), f"{CONTACT}?hospitalId=H1", reason="reminder").status_code == 404
    assert _send(client("patient_accounts"), "/staff/patients/nobody/contact", reason="reminder").status_code == 404
    assert _asked() == before
    own = _send(client("accountant_h2"), reason="reminder")  # H2 has another person under the same id
    assert "1 Jan 1980" in own.text and "3 Feb 1950" not in own.text


def test_a_patient_without_details_has_an_empty_page(client: SignIn) -> None:
    assert (
        "No source has delivered any"
        in _send(client("patient_accounts"), "/staff/patients/P02/contact", reason="reminder").text
    )


@pytest.fixture
def portal(client: SignIn) -> Any:
    """A transaction of the portal's role for hospital H1, which must not commit by itself."""
    with connect("portal") as connection:
        connection.execute("select set_config('daybook.hospitals', 'H1', false)")
        connection.commit()
        yield connection


def test_the_recording_transaction_reveals_nothing(portal: psycopg.Connection[Any]) -> None:
    (number,) = portal.execute(_ASK).fetchall()[0]
    portal.execute("savepoint s")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="Nothing is revealed"):
        portal.execute(_REVEAL, [number])


def test_a_recorded_wish_reveals_once_and_for_minutes_and_to_its_hospital(portal: psycopg.Connection[Any]) -> None:
    numbers = [portal.execute(_ASK).fetchall()[0][0] for _ in range(3)]
    portal.commit()
    assert portal.execute(_REVEAL, [numbers[0]]).fetchall() == [("main",)]
    portal.commit()
    portal.execute("select set_config('daybook.hospitals', 'H2', false)")
    portal.commit()
    refused = [numbers[1]]
    with connect("owner") as owner:
        owner.execute(
            "update portal.contact_reveals set requested_at = requested_at - interval '6 minutes' where reveal_id = %s",
            [numbers[2]],
        )
    for number, hospital in ((numbers[0], "H1"), (refused[0], "H2"), (numbers[2], "H1")):
        portal.execute("select set_config('daybook.hospitals', %s, false)", [hospital])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="Nothing is revealed"):
            portal.execute(_REVEAL, [number])
        portal.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "select fields from phi.patients",
        "update portal.contact_reveals set revealed_at = null",
        "delete from portal.contact_reveals",
        "insert into portal.contact_reveals (user_id, hospital_id, patient_id, reason, requested_in)"
        " values (1, 'H1', 'P01', 'reminder', '1')",
    ],
)
def test_the_portal_cannot_go_around_it(portal: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute(statement)


def test_without_a_record_nothing_is_shown(client: SignIn) -> None:
    browser = client("patient_accounts")
    token = world.csrf_token(browser.get("/staff/reports").text)
    with connect("owner") as connection:
        connection.execute("revoke insert on portal.audit_log from daybook_portal")
    try:
        before = _asked()
        refused = browser.post(CONTACT, data={"reason": "reminder", "csrf_token": token})
        assert (refused.status_code, "López" in refused.text, _asked()) == (503, False, before)
    finally:
        with connect("owner") as connection:
            connection.execute("grant insert on portal.audit_log to daybook_portal")
