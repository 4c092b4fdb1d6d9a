"""Asking for write-offs, deciding them, taking them back: who may, how much, once only, and what is shown of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from portal.services import audit
from portal.services.conflicts import ConflictError
from portal.services.write_off_rules import WriteOffError, approver_limit, small_balance_limit
from portal.services.write_offs import NotYoursToDecideError, UnknownWriteOffError
from tests.portal import world
from tests.portal.write_offs.desk import Desk
from warehouse.engine import connect

Rows = Callable[[str], list[tuple[Any, ...]]]


def test_only_an_approval_changes_the_balance_and_at_once(desk: Desk, owner_rows: Rows) -> None:
    number = desk.ask("I06", "20")
    assert desk.balance("I06") == "120.000"
    desk.decide(number)
    assert desk.balance("I06") == "100.000"
    assert desk.statuses() == {number: "APPROVED"}
    decision = (
        "select kind, invoice_id, amount, effective_date, build_id, requested_by <> approved_by"
        " from portal.write_off_decisions"
    )
    assert owner_rows(decision) == [("write_off", "I06", Decimal(20), date(2026, 3, 31), 1, True)]
    changes = [(r["action"], r["old_values"], r["new_values"]["status"]) for r in world.audit_records()[-2:]]
    assert changes == [
        ("write_off_request", None, "PENDING"),
        ("write_off_approve", {"status": "PENDING"}, "APPROVED"),
    ]


def test_a_day_before_the_decision_does_not_know_it(desk: Desk) -> None:
    desk.decide(desk.ask("I06", "20"))
    assert desk.balance("I06", date(2026, 3, 30)) == "120.000"
    assert desk.balance("I06", date(2026, 3, 31)) == "100.000"


def test_a_decision_of_a_later_day_than_the_build_is_shown(desk: Desk, owner_rows: Rows) -> None:
    later = datetime(2026, 4, 1, 12, tzinfo=UTC)
    desk.decide(desk.ask("I06", "20"), now=later)
    assert owner_rows("select effective_date from portal.write_off_decisions") == [(date(2026, 4, 1),)]
    assert (desk.balance("I06"), desk.balance("I06", date(2026, 3, 31))) == ("100.000", "120.000")


def test_what_the_build_contains_is_told_by_its_set_and_not_by_numbers(desk: Desk) -> None:
    first, second = desk.ask("I06", "20"), desk.ask("I06", "30")
    desk.decide(first)
    desk.decide(second)
    with connect("owner") as connection:  # the build contains the later one only: the other committed after it began
        connection.execute("insert into ops.build_decisions select 1, max(decision_id) from portal.write_off_decisions")
    assert desk.balance("I06") == "100.000"


def test_nobody_decides_what_they_asked_for(desk: Desk) -> None:
    number = desk.ask("I06", "20", by="admin")
    for how in ("approve", "reject"):
        with pytest.raises(NotYoursToDecideError, match="somebody else"):
            desk.decide(number, how, by="admin")
    desk.decide(number, by="other")
    assert desk.statuses() == {number: "APPROVED"}


def test_another_hospital_does_not_know_of_it(desk: Desk) -> None:
    number = desk.ask("I06", "20")
    with pytest.raises(UnknownWriteOffError, match="no write-off"):
        desk.decide(number, by="abroad")
    assert desk.statuses() == {number: "PENDING"}


@pytest.mark.parametrize("how", ["approve", "reject", "cancel"])
def test_what_was_decided_stays_decided(desk: Desk, how: str) -> None:
    number = desk.ask("I06", "20")
    desk.decide(number, how)
    for again in ("approve", "reject", "cancel"):
        with pytest.raises(ConflictError, match=r"decided already: it is (approved|rejected|cancelled)"):
            desk.decide(number, again, by="other")


def test_of_two_who_approve_at_once_one_wins(desk: Desk, owner_rows: Rows) -> None:
    number = desk.ask("I06", "20")
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def decide(name: str) -> None:
        with desk.app.app_context():
            start.wait()
            try:
                desk.decide(number, by=name)
                outcomes.append("won")
            except ConflictError as error:
                outcomes.append(str(error))

    threads = [threading.Thread(target=decide, args=[name]) for name in ("admin", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [f"Write-off {number} was decided already: it is approved.", "won"]
    assert owner_rows("select count(*) from portal.write_off_decisions") == [(1,)]


def test_what_is_pending_counts_against_the_balance(desk: Desk) -> None:
    desk.ask("I06", "100")
    with pytest.raises(WriteOffError, match=r"\$120.00 are open, \$100.00 of it pending already: .* \$20.00"):
        desk.ask("I06", "20.01")
    desk.ask("I06", "20")


def test_an_approval_that_no_longer_fits_the_balance_is_refused(desk: Desk) -> None:
    number = desk.ask("I06", "100")
    with connect("owner") as connection:
        connection.execute(
            "insert into marts_b1.fct_receivable_events select (jsonb_populate_record(e, jsonb_build_object("
            " 'event_key', gen_random_uuid(), 'event_type', 'collected', 'amount', -50))).*"
            " from marts_b1.fct_receivable_events e where invoice_id = 'I06' and hospital_id = 'H1' limit 1"
        )
    with pytest.raises(ConflictError, match=r"Only \$70.00 are open of invoice I06 now"):
        desk.decide(number)
    assert desk.statuses() == {number: "PENDING"}


@pytest.mark.parametrize(
    ("amount", "category", "reason", "field", "message"),
    [
        ("0", "BAD_DEBT", "agreed", "amount", "above 0"),
        ("1.005", "BAD_DEBT", "agreed", "amount", "more digits than USD"),
        ("25.01", "SMALL_BALANCE", "agreed", "amount", r"at most \$25.00"),
        ("10", "LOST", "agreed", "category", "must be one of"),
        ("10", "BAD_DEBT", "  ", "reason", "Say why"),
        ("120.01", "BAD_DEBT", "agreed", "amount", r"\$120.00 are open"),
    ],
)
def test_a_request_says_what_is_wrong_with_it(
    desk: Desk, amount: str, category: str, reason: str, field: str, message: str
) -> None:
    with pytest.raises(WriteOffError, match=message) as refused:
        desk.ask("I06", amount, category, reason=reason)
    assert list(refused.value.fields) == [field]
    assert desk.statuses() == {}


def test_a_small_balance_is_written_off_up_to_the_limit_of_the_hospital(desk: Desk) -> None:
    desk.decide(desk.ask("I06", "25.00", "SMALL_BALANCE"))
    assert desk.balance("I06") == "95.000"
    limits = {"*": Decimal("25.00"), "H2": Decimal(10)}
    assert [small_balance_limit(limits, name) for name in ("H1", "H2")] == [Decimal(25), Decimal(10)]


def test_approvers_have_limits_of_amount(desk: Desk) -> None:
    number = desk.ask("I06", "100")
    with pytest.raises(NotYoursToDecideError, match=r"up to \$99.99"):
        desk.decide(number, limit="99.99")
    desk.decide(number, limit="100.00")
    limits = {"hospital_admin": Decimal(500)}
    assert approver_limit(limits, ["viewer", "hospital_admin"]) == Decimal(500)
    assert approver_limit(limits, ["hospital_admin", "super_admin"]) is None


def test_taking_back_is_asked_for_and_approved_like_the_first(desk: Desk, owner_rows: Rows) -> None:
    number = desk.ask("I06", "20")
    with pytest.raises(ConflictError, match="only an approved one"):
        desk.take_back(number)
    desk.decide(number)
    reversal = desk.take_back(number)
    with pytest.raises(ConflictError, match="asked for already"):
        desk.take_back(number, by="other")
    with pytest.raises(NotYoursToDecideError):
        desk.decide(reversal, by="accountant")
    assert desk.balance("I06") == "100.000"
    desk.decide(reversal)
    assert desk.balance("I06") == "120.000"
    assert desk.statuses() == {number: "REVERSED", reversal: "APPROVED"}
    pairs = "select kind, amount, reversed_decision_id is null from portal.write_off_decisions order by 1 desc"
    assert owner_rows(pairs) == [("write_off", Decimal(20), True), ("reversal", Decimal(20), False)]
    record = world.audit_records()[-1]
    assert record["old_values"] == {"status": "PENDING", "reverses_id": str(number), "reverses_status": "APPROVED"}
    assert record["new_values"] == {"status": "APPROVED", "reverses_id": str(number), "reverses_status": "REVERSED"}
    with pytest.raises(ConflictError):
        desk.take_back(number)


def test_what_is_typed_stands_in_no_record_but_can_be_proven(desk: Desk, owner_rows: Rows) -> None:
    desk.decide(
        desk.ask("I06", "20", reason="Maria Muster moved", notes="phone 555 010 2030"), "reject", notes="not Maria"
    )
    asked, decided = world.audit_records()[-2:]
    assert "Maria" not in str((asked, decided)) and "555 010" not in str(asked)
    assert asked["new_values"]["reason_sealed"] == audit.sealed(reason="Maria Muster moved")["reason_sealed"]
    assert decided["new_values"]["notes_sealed"] != asked["new_values"]["notes_sealed"]
    ((reason, notes),) = owner_rows("select reason, notes from portal.write_offs")
    assert audit.sealed(reason=reason, notes=notes).items() <= asked["new_values"].items()
    assert audit.sealed(reason="Maria Muster moved ", notes=None).items().isdisjoint(asked["new_values"].items())


def test_a_rejected_taking_back_can_be_asked_for_again(desk: Desk) -> None:
    number = desk.ask("I06", "20")
    desk.decide(number)
    desk.decide(desk.take_back(number), "reject")
    desk.decide(desk.take_back(number))
    assert desk.balance("I06") == "120.000"


def test_decisions_are_written_once_and_by_two_people(desk: Desk) -> None:
    desk.decide(desk.ask("I06", "20"))
    for role, statement in (
        ("portal", "update portal.write_off_decisions set amount = 1"),
        ("portal", "delete from portal.write_off_decisions"),
        ("owner", "update portal.write_off_decisions set amount = 1"),
        ("owner", "truncate portal.write_off_decisions cascade"),
    ):
        with connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):  # type: ignore[arg-type]
            connection.execute(statement)
    with connect("owner") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update portal.write_offs set requested_by = decided_by")
