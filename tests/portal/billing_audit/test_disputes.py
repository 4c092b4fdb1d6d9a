"""A dispute from the sending to the money: who may, what follows what, what is proposed, and what stands in the record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.portal.billing_audit.logs import import_log, key_of, post
from tests.portal.billing_audit.test_audit_page import words
from tests.portal.billing_audit.test_case_decisions import billed_key

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]
pytestmark = pytest.mark.usefixtures("_no_disputes")
_NOTE = "Called Mrs. Plantedname at the billing company"


def send(browser: FlaskClient, key: str, **form: str) -> Any:
    return post(browser, f"/audit/disputes/new/{key}", **{"onDate": "2026-03-20", "claimed": "40.00", **form})


def test_a_missing_case_is_sent_answered_and_recovered(client: SignIn, owner_rows: Rows) -> None:
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T77")
    form = words(browser.get(f"/audit/disputes/new/{key}").text)
    assert "Ticket T77 Date 13 Mar 2026 What not billed Billed $0.00 Paid $0.00" in form
    answer = send(browser, key, note=_NOTE)
    assert (answer.status_code, answer.location) == (302, "/audit/disputes/1")
    assert "sent Sent to the billing company on 20 Mar 2026" in words(browser.get(f"/audit/cases/{key}").text)
    answered = post(browser, "/audit/disputes/1", kind="answered", onDate="2026-03-25", outcome="partly")
    assert answered.status_code == 302
    assert post(browser, "/audit/disputes/1", kind="recovered", onDate="2026-03-28", amount="30.00").status_code == 302
    page = words(browser.get("/audit/disputes/1").text)
    assert "recovered not billed" in page
    assert f"20 Mar 2026 sent $40.00 {_NOTE} provider@clinic.org" in page
    assert "25 Mar 2026 answered: they agree in part" in page
    assert "28 Mar 2026 recovered $30.00" in page
    listed = words(browser.get("/audit/disputes").text)
    assert "Sent 1 $40.00 asked for Recovered $30.00 of 1 dispute Open $0.00 0 disputes" in listed
    assert owner_rows("select state from portal.disputes") == [("recovered",)]


def test_notes_stand_encrypted_and_in_no_record(client: SignIn, owner_rows: Rows) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"), note=_NOTE)
    ((note,),) = owner_rows("select note from portal.dispute_steps")
    assert b"Plantedname" not in bytes(note)
    assert bytes(note).startswith(b"gAAAA")
    records = owner_rows(
        "select action, new_values, l::text from portal.audit_log as l where resource_type = 'dispute'"
    )
    action, new, text = records[-1]
    assert (action, new["has_note"], new["claimed"], new["on"]) == ("dispute_send", True, "40.00", "2026-03-20")
    assert len(new["note_sealed"]) == 64
    assert "Plantedname" not in text


def test_a_step_is_recorded_with_old_and_new_state(client: SignIn, owner_rows: Rows) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"))
    post(browser, "/audit/disputes/1", kind="withdrawn", onDate="2026-03-21")
    found = owner_rows(
        "select resource_id, hospital_ids, old_values, new_values from portal.audit_log"
        " where action = 'dispute_withdrawn' order by id desc limit 1"
    )
    assert found == [("1", ["H1"], {"state": "sent"}, {"state": "withdrawn", "on": "2026-03-21", "has_note": False})]


def test_what_came_since_is_proposed_and_confirmed_by_a_person(client: SignIn, owner_rows: Rows) -> None:
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T77")
    send(browser, key)
    assert "since it was sent" not in browser.get("/audit/disputes/1").text
    post(browser, f"/audit/cases/{key}/confirm", billed=billed_key(browser, "T7"))  # as a later upload would find it
    page = browser.get("/audit/disputes/1").text
    assert "$300.00 was billed, and not paid yet, since it was sent" in words(page)
    assert 'name="amount" type="text" value="300.00"' in page
    assert "confirm it" in words(browser.get("/audit/disputes").text)
    assert owner_rows("select state from portal.disputes") == [("sent",)]  # nothing happens by itself


def test_the_last_step_is_taken_back_and_stays_in_the_history(client: SignIn, owner_rows: Rows) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"))
    post(browser, "/audit/disputes/1", kind="recovered", onDate="2026-03-28", amount="5000")
    assert post(browser, "/audit/disputes/1/undo/2").status_code == 302
    page = words(browser.get("/audit/disputes/1").text)
    assert "recovered (taken back by provider@clinic.org" in page
    assert "Recovered $0.00" in page
    assert owner_rows("select state from portal.disputes") == [("sent",)]
    post(browser, "/audit/disputes/1/undo/1")
    assert "Only the last step can be taken back" in browser.get("/audit/disputes/1").text
    assert owner_rows("select count(*) from portal.dispute_steps where undone_at is null") == [(1,)]


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"kind": "answered", "onDate": "2026-03-25"}, 400, "Choose what the answer was."),
        ({"kind": "recovered", "onDate": "2026-03-25"}, 400, "Say the amount that came, above 0."),
        ({"kind": "recovered", "onDate": "2026-03-25", "amount": "-3"}, 400, "Say the amount that came, above 0."),
        ({"kind": "withdrawn", "onDate": "2026-03-19"}, 400, "Choose a day from 20 Mar 2026 to today"),
        ({"kind": "withdrawn", "onDate": "2199-03-19"}, 400, "Choose a day from 20 Mar 2026 to today"),
        ({"kind": "sent", "onDate": "2026-03-25"}, 400, "is none of the choices"),
        ({"kind": "withdrawn"}, 400, "is required"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    client: SignIn, owner_rows: Rows, form: dict[str, str], status: int, says: str
) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"))
    answer = post(browser, "/audit/disputes/1", **form)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert owner_rows("select count(*) from portal.dispute_steps") == [(1,)]


def test_nothing_follows_a_withdrawal_but_a_new_dispute(client: SignIn, owner_rows: Rows) -> None:
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T77")
    send(browser, key)
    twice = send(browser, key)
    assert twice.status_code == 409
    assert "There is an open dispute about this case" in twice.text
    post(browser, "/audit/disputes/1", kind="withdrawn", onDate="2026-03-21")
    assert post(browser, "/audit/disputes/1", kind="answered", onDate="2026-03-22", outcome="agreed").status_code == 409
    assert send(browser, key).status_code == 302
    post(browser, "/audit/disputes/1/undo/2")
    assert "go on with that one" in browser.get("/audit/disputes").text  # a second open one would come of it
    assert owner_rows("select state from portal.disputes order by id") == [("withdrawn",), ("sent",)]


def test_a_dispute_is_seen_by_those_of_the_provider_alone(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T77")
    send(browser, key, note=_NOTE)
    assert _NOTE in client("manager").get("/audit/disputes/1").text
    for name in ("other", "abroad"):
        stranger = client(name)
        assert stranger.get("/audit/disputes/1").status_code == 404
        assert stranger.get(f"/audit/disputes/new/{key}").status_code == 404
        assert post(stranger, "/audit/disputes/1", kind="withdrawn", onDate="2026-03-21").status_code == 404
        assert post(stranger, "/audit/disputes/1/undo/1").status_code == 404
        assert "No dispute yet" in stranger.get("/audit/disputes").text
    assert client("viewer").get("/audit/disputes").status_code == 403


def test_only_what_is_wrong_can_be_disputed(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    assert send(browser, key_of(browser, "t-1", "matched")).status_code == 404
    assert send(browser, "nonsense").status_code == 404
    assert send(browser, key_of(browser, "T5", "discrepancies"), claimed="").status_code == 302
    listed = words(browser.get("/audit/disputes").text)
    assert "without 1 of no known amount" in listed
    assert "T5 12 Mar 2026" in listed


def test_the_list_is_filtered_and_sorted(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"), claimed="10")
    send(browser, key_of(browser, "T3"), claimed="20")
    post(browser, "/audit/disputes/1", kind="withdrawn", onDate="2026-03-21")

    def order(query: str) -> list[str]:
        page = browser.get(f"/audit/disputes?{query}").text
        return [
            name
            for _, name in sorted(
                (page.index(f">{name}</a>"), name) for name in ("T77", "T3") if f">{name}</a>" in page
            )
        ]

    assert order("sort=claimed") == ["T77", "T3"]
    assert order("sort=-claimed") == ["T3", "T77"]
    assert order("status=open") == ["T3"]
    assert order("status=withdrawn") == ["T77"]
    assert browser.get("/audit/disputes?sort=colour&status=none").status_code == 400


def test_the_evidence_says_where_disputes_stand_and_until_when_to_file(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"), note=_NOTE)
    post(browser, "/audit/disputes/1", kind="answered", onDate="2026-03-25", outcome="refused")
    send(browser, key_of(browser, "T5", "discrepancies"))
    text = browser.get("/audit/export?format=csv").text
    lines = {
        line["ticket"]: line
        for line in csv.DictReader(io.StringIO(text))
        if line["finding"] in ("missing", "different")
    }
    found = {ticket: (line["file_by"], line["dispute"]) for ticket, line in lines.items()}
    assert found == {
        "T3": ("2026-06-10", ""),
        "T77": ("2026-06-11", "sent 2026-03-20, answered 2026-03-25: they refuse"),
        "T5": ("", "sent 2026-03-20"),
    }
    assert "Plantedname" not in text
