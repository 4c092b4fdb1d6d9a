"""Notes, promises and next contacts: what stands, what the ledger says of promises, and that nothing is changed in place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from portal.services.conflicts import ConflictError
from portal.services.follow_ups import FollowUpError, UnknownFollowUpError, opened
from tests.portal import world
from tests.portal.follow_ups.conftest import NOON, Office
from warehouse import rekey
from warehouse.engine import connect
from warehouse.settings import load_secrets

_NOTE = "Maria López called: she pays on Friday"


def test_an_entry_says_who_said_what_and_when(office: Office) -> None:
    number = office.say(
        "I01", note=_NOTE, promised_amount="60", promised_for=date(2026, 4, 30), contact_on=date(2026, 4, 2),
        contact_with="patient",
    )  # fmt: skip
    (entry,) = office.history("I01")
    assert (entry.id, entry.made_by, entry.made_at) == (number, "clerk@clinic.org", NOON)
    assert (entry.promised_for, entry.promise_state) == (date(2026, 4, 30), "open")
    stands = office.stands("I01")
    assert (stands.contact_on, stands.contact_with, stands.is_contact_due) == (date(2026, 4, 2), "patient", False)
    assert opened([entry], load_secrets().phi_keys) == {number: _NOTE}


def test_notes_are_encrypted_and_in_no_record(office: Office) -> None:
    office.say("I01", note=_NOTE)
    office.say("I01", contact_on=date(2026, 4, 1), contact_with="insurance", note=_NOTE)
    with connect("owner") as connection:
        sealed = connection.execute("select convert_from(note, 'UTF8') from portal.follow_ups").fetchall()
    assert len(sealed) == 2 and all("Maria" not in text for (text,) in sealed)
    last = world.audit_records()[-1]
    assert (last["action"], last["resource_type"], last["resource_id"]) == ("follow_up_add", "follow_up", "2")
    assert last["hospital_ids"] == ["H1"]
    assert len(last["new_values"].pop("note_sealed")) == 64
    assert last["new_values"] == {
        "source_name": "main", "invoice_id": "I01", "contact_on": "2026-04-01", "contact_with": "insurance",
    }  # fmt: skip
    assert "Maria" not in repr(world.audit_records())


def test_a_record_has_what_stood_before(office: Office) -> None:
    office.say("I01", promised_amount="10.50", promised_for=date(2026, 4, 30))
    office.say("I01", promised_amount="20", promised_for=date(2026, 5, 31))
    before = world.audit_records()[-1]["old_values"]
    assert before == {"promised_amount": "10.500", "promised_for": "2026-04-30"}


@pytest.mark.parametrize(
    ("on", "amount", "by", "state"),
    [
        (date(2026, 1, 15), "40", date(2026, 1, 20), "kept"),  # I01 received 40 on 20 January
        (date(2026, 1, 20), "40", date(2026, 1, 25), "kept"),  # on the very day
        (date(2026, 1, 15), "40.01", date(2026, 3, 30), "broken"),
        (date(2026, 1, 15), "40", date(2026, 1, 19), "broken"),  # a day late
        (date(2026, 1, 21), "1", date(2026, 3, 30), "broken"),  # what came before does not count
        (date(2026, 1, 21), "1", date(2026, 3, 31), "open"),  # the business date is not over
        (date(2026, 3, 31), "60", date(2026, 4, 30), "open"),
    ],
)
def test_the_ledger_says_whether_a_promise_was_kept(
    office: Office, on: date, amount: str, by: date, state: str
) -> None:
    office.say("I01", on=on, promised_amount=amount, promised_for=by)
    assert office.stands("I01").promise_state == state
    assert office.history("I01")[0].promise_state == state


def test_a_promise_looks_on_a_day_of_the_past_as_it_was_then(office: Office) -> None:
    office.say("I01", on=date(2026, 1, 15), promised_amount="40", promised_for=date(2026, 1, 25))
    assert office.stands("I01", date(2026, 1, 14)).promise_state is None
    assert office.stands("I01", date(2026, 1, 19)).promise_state == "open"
    assert office.stands("I01", date(2026, 1, 20)).promise_state == "kept"
    assert office.history("I01", date(2026, 1, 14)) == []


def test_a_new_promise_replaces_one_that_was_open_but_not_one_that_was_broken(office: Office) -> None:
    office.say("I01", on=date(2026, 2, 1), promised_amount="5", promised_for=date(2026, 2, 10))
    office.say("I01", on=date(2026, 2, 20), promised_amount="6", promised_for=date(2026, 3, 31))
    office.say("I01", on=date(2026, 3, 1), promised_amount="7", promised_for=date(2026, 4, 10))
    assert [entry.promise_state for entry in office.history("I01")] == ["open", "replaced", "broken"]
    assert office.stands("I01").promised_for == date(2026, 4, 10)


def test_what_was_withdrawn_stays_and_counts_no_more(office: Office) -> None:
    first = office.say("I01", on=date(2026, 2, 1), promised_amount="5", promised_for=date(2026, 2, 10))
    second = office.say("I01", promised_amount="60", promised_for=date(2026, 4, 10), note="wrong invoice")
    office.withdraw(second, "I01", "colleague")
    assert office.stands("I01").promised_for == date(2026, 2, 10)
    newest, oldest = office.history("I01")
    assert (newest.id, newest.withdrawn_by, newest.promise_state) == (second, "colleague@clinic.org", None)
    assert (oldest.id, oldest.withdrawn_by) == (first, None)
    last = world.audit_records()[-1]
    assert (last["action"], last["resource_id"]) == ("follow_up_withdraw", str(second))
    assert last["old_values"]["promised_amount"] == "60.000" and last["new_values"]["withdrawn"] is True
    with pytest.raises(ConflictError, match="withdrawn already"):
        office.withdraw(second, "I01")
    with pytest.raises(UnknownFollowUpError):
        office.withdraw(first, "I10")


def test_the_newest_word_on_the_next_contact_stands_until_none_is_needed(office: Office) -> None:
    office.say("I01", on=date(2026, 3, 1), contact_on=date(2026, 3, 20), contact_with="insurance")
    assert office.stands("I01").is_contact_due
    assert not office.stands("I01", date(2026, 3, 19)).is_contact_due
    office.say("I01", note="line engaged")
    assert office.stands("I01").contact_on == date(2026, 3, 20)  # a note alone changes nothing
    office.say("I01", ends_contact=True)
    assert office.stands("I01").contact_on is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "note"),
        ({"note": "x" * 2001}, "note"),
        ({"promised_amount": "10"}, "promisedFor"),
        ({"promised_for": date(2026, 4, 1)}, "promisedAmount"),
        ({"promised_amount": "0", "promised_for": date(2026, 4, 1)}, "promisedAmount"),
        ({"promised_amount": "1.001", "promised_for": date(2026, 4, 1)}, "promisedAmount"),
        ({"promised_amount": "60.01", "promised_for": date(2026, 4, 1)}, "promisedAmount"),
        ({"promised_amount": "10", "promised_for": date(2026, 3, 30)}, "promisedFor"),
        ({"promised_amount": "10", "promised_for": date(2126, 4, 1)}, "promisedFor"),
        ({"contact_on": date(2026, 4, 1)}, "contactWith"),
        ({"contact_with": "patient"}, "contactOn"),
        ({"contact_on": date(2026, 3, 30), "contact_with": "patient"}, "contactOn"),
        ({"contact_on": date(2026, 4, 1), "contact_with": "patient", "ends_contact": True}, "endsContact"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_written(
    office: Office, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(FollowUpError) as refused:
        office.say("I01", **said)
    assert list(refused.value.fields) == [field]
    assert office.history("I01") == []


def test_days_are_the_hospitals_own(office: Office) -> None:
    office.say("I01", on=datetime(2026, 4, 1, 3, tzinfo=UTC), contact_on=date(2026, 3, 31), contact_with="patient")
    assert office.stands("I01").is_contact_due  # in New York it is still 31 March


@pytest.mark.parametrize(
    ("role", "change"),
    [
        ("portal", "update portal.follow_ups set note = null"),
        ("portal", "delete from portal.follow_ups"),
        ("etl", "update portal.follow_ups set promised_amount = 1"),
        ("owner", "update portal.follow_ups set promised_amount = 1"),
        ("owner", "delete from portal.follow_ups"),
    ],
)
def test_the_database_takes_no_changes(office: Office, role: str, change: str) -> None:
    office.say("I01", promised_amount="5", promised_for=date(2026, 4, 10))
    with connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(change)


def test_another_hospital_sees_none_of_it(office: Office) -> None:
    office.say("I01", note="of H1")  # H2 has an invoice of the same number
    assert office.history("I01", hospital="H2") == []
    with connect("portal") as connection:
        connection.execute("select set_config('daybook.hospitals', 'H2', true)")
        assert connection.execute("select count(*) from portal.follow_ups").fetchall() == [(0,)]


def test_notes_move_to_the_newest_key(office: Office) -> None:
    office.say("I01", note=_NOTE)
    old, new = load_secrets(), Fernet.generate_key().decode()
    with connect("owner") as connection:
        assert rekey.reseal(connection, replace(old, phi_keys=(new, *old.phi_keys))) == 1
        connection.commit()
    entries = office.history("I01")
    assert list(opened(entries, [new]).values()) == [_NOTE]
    assert "cannot be read" in opened(entries, old.phi_keys)[entries[0].id]
