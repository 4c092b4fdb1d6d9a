"""Small balances: what a batch would ask for, asking for it once, and approving it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from portal import builds
from portal.models import db
from portal.queries.small_balances import SmallBalanceFilter
from portal.services import write_off_batch, write_offs
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from portal.services.write_off_batch import BatchOrder, Outcome, Preview
from portal.services.write_off_rules import WriteOffError
from portal.services.write_offs import NotYoursToDecideError, UnknownWriteOffError
from tests.portal import world
from tests.portal.write_offs.desk import NOW, Desk
from warehouse.engine import connect

Rows = Callable[[str], list[tuple[Any, ...]]]
_OPEN = "marts_b1.outstanding_payments"
H1 = SmallBalanceFilter("H1", "USD", Decimal(75))
LIMIT = Decimal(100)


def preview(asked: SmallBalanceFilter = H1, limit: Decimal = LIMIT, hospitals: tuple[str, ...] = ("H1",)) -> Preview:
    """What a batch would ask for."""
    with db.engine.begin() as connection:
        builds.pin_newest(connection, hospitals)
        return write_off_batch.preview(connection, asked, limit)


def shown(*conditions: Any, **more: Any) -> list[tuple[str, str]]:
    """Invoices and amounts of the preview of H1 under these conditions."""
    return [
        (item.invoice_id, str(item.amount))
        for item in preview(SmallBalanceFilter("H1", "USD", *conditions, **more)).items
    ]


def ask(desk: Desk, found: Preview, by: str = "accountant", **more: Any) -> tuple[int, tuple[int, ...]]:
    """Ask for what a preview of H1 showed."""
    order = BatchOrder(H1, found.digest, more.pop("reason", "not worth a letter"), more.pop("notes", None))
    entry = Entry(str(desk.people[by]), "write_off_batch_request", "write_off_batch")
    return write_off_batch.request_batch(order, desk.decider(by), LIMIT, NOW, entry)


def approve(desk: Desk, batch: int, by: str = "admin", limit: str | None = None) -> list[Outcome]:
    """Approve a batch."""
    entry = Entry(str(desk.people[by]), "write_off_approve", "write_off")
    return write_off_batch.approve_batch(batch, "as agreed", desk.decider(by, limit), NOW, entry)


def change(statement: str) -> None:
    """Change something as the owner."""
    with connect("owner") as connection:
        connection.execute(statement)


def test_a_preview_shows_what_is_open_up_to_the_lower_limit(desk: Desk) -> None:
    found = preview()
    assert [(item.invoice_id, item.days_overdue) for item in found.items] == [("I01", 50), ("I17", 34), ("I18", 0)]
    assert (found.count, found.total, found.left_out, found.limit) == (3, Decimal("175.000"), 0, Decimal(75))
    assert [item.invoice_id for item in preview(limit=Decimal(60)).items] == ["I01", "I18"]
    assert preview(limit=Decimal("44.99")).items == ()


def test_a_preview_keeps_to_its_filter(desk: Desk) -> None:
    change(f"update {_OPEN} set payer_class = 'insurance' where invoice_id = 'I17' and hospital_id = 'H1'")
    change(f"update {_OPEN} set is_disputed = true where invoice_id = 'I18' and hospital_id = 'H1'")
    assert shown(Decimal(75)) == [("I01", "60.000"), ("I17", "70.000")]
    assert shown(Decimal(75), min_days_overdue=34) == [("I01", "60.000"), ("I17", "70.000")]
    assert shown(Decimal(75), min_days_overdue=35) == [("I01", "60.000")]
    assert shown(Decimal(75), payer_class="insurance") == [("I17", "70.000")]
    assert shown(Decimal(75), payer_class="government") == []
    assert preview(SmallBalanceFilter("H1", "EUR", Decimal(75))).items == ()
    assert preview(SmallBalanceFilter("H2", "EUR", Decimal(75))).items == ()  # not the asker's
    there = preview(SmallBalanceFilter("H2", "EUR", Decimal(75)), hospitals=("H2",))
    assert [item.invoice_id for item in there.items] == ["I13", "I01"]


def test_a_preview_counts_what_was_decided_since_and_what_is_pending(desk: Desk) -> None:
    assert shown(Decimal(75))[1] == ("I17", "70.000")
    desk.decide(desk.ask("I06", "50"))
    desk.ask("I17", "45.50")
    desk.ask("I01", "60")
    found = preview()
    amounts = {item.invoice_id: item.amount for item in found.items}
    assert amounts == {"I17": Decimal("24.5"), "I06": Decimal(70), "I18": Decimal(45)}
    for item in found.items:
        assert item.balance == Decimal(desk.balance(item.invoice_id))


def test_instalments_are_one_invoice_as_old_as_the_oldest(desk: Desk) -> None:
    change(
        f"insert into {_OPEN} select (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(),"
        f" 'instalment_no', 2, 'amount_due', 20, 'days_overdue', 3))).* from {_OPEN} as o"
        " where hospital_id = 'H1' and invoice_id = 'I01'"
    )
    assert shown(Decimal(80), min_days_overdue=50) == [("I01", "80.000")]
    change(f"update {_OPEN} set is_disputed = true where invoice_id = 'I01' and instalment_no = 2")
    assert shown(Decimal(80), min_days_overdue=50) == []


def test_a_balance_with_more_digits_than_its_currency_is_left_to_people(desk: Desk) -> None:
    change(f"update {_OPEN} set amount_due = 12.345 where invoice_id = 'I01' and hospital_id = 'H1'")
    assert "I01" not in dict(shown(Decimal(75)))


def test_a_batch_is_one_request_for_each_invoice_one_record_and_one_mail_for_each_approver(
    desk: Desk, owner_rows: Rows
) -> None:
    desk.app.config["SITE_URL"] = "https://daybook.clinic.org"
    batch, numbers = ask(desk, preview(), notes="second round")
    made = (
        "select id, batch_id, invoice_id, amount, category, status, reason, notes, patient_id, source_name, requested_by"
        " from portal.write_offs order by id"
    )
    same = ("SMALL_BALANCE", "PENDING", "not worth a letter", "second round")
    by = desk.people["accountant"]
    assert owner_rows(made) == [
        (numbers[0], batch, "I01", Decimal(60), *same, "P01", "main", by),
        (numbers[1], batch, "I17", Decimal(70), *same, "P17", "main", by),
        (numbers[2], batch, "I18", Decimal(45), *same, "P18", "main", by),
    ]
    record = world.audit_records()[-1]
    assert (record["action"], record["resource_id"], record["hospital_ids"]) == (
        "write_off_batch_request", str(batch), ["H1"],
    )  # fmt: skip
    assert [(each["id"], each["invoice_id"], each["amount"]) for each in record["new_values"]["requests"]] == [
        (numbers[0], "I01", "60.000"), (numbers[1], "I17", "70.000"), (numbers[2], "I18", "45.000"),
    ]  # fmt: skip
    queue = "Daybook: https://daybook.clinic.org/staff/write-offs?status=PENDING&category=SMALL_BALANCE"
    assert {body.splitlines()[-1] for (body,) in owner_rows("select body from portal.mails")} == {queue}
    mails = "select u.email, m.subject from portal.mails m join portal.users u on u.id = m.user_id order by 1"
    subject = "3 write-offs to decide: $175.00 (USD), Hudson Clinic"
    assert owner_rows(mails) == [("admin@clinic.org", subject), ("other@clinic.org", subject)]


def test_a_second_click_asks_for_nothing(desk: Desk) -> None:
    found = preview()
    ask(desk, found)
    before = desk.statuses()
    with pytest.raises(ConflictError, match="since the preview"):
        ask(desk, found)
    assert desk.statuses() == before and len(before) == 3
    with pytest.raises(WriteOffError, match="nothing to ask for"):
        ask(desk, preview())


def test_of_two_clicks_at_once_one_wins(desk: Desk) -> None:
    found, outcomes, start = preview(), [], threading.Barrier(2)

    def click(name: str) -> None:
        with desk.app.app_context():
            start.wait()
            try:
                outcomes.append(len(ask(desk, found, by=name)[1]))
            except ConflictError:
                outcomes.append(0)

    threads = [threading.Thread(target=click, args=[name]) for name in ("accountant", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 3]
    assert len(desk.statuses()) == 3


def test_a_batch_waits_for_a_single_request_of_one_of_its_invoices(desk: Desk) -> None:
    found, outcomes = preview(), []

    def click() -> None:
        with desk.app.app_context():
            try:
                outcomes.append(str(ask(desk, found)))
            except ConflictError as error:
                outcomes.append(str(error))

    place = {"hospital": "H1", "source": "main", "invoice": "I17"}
    with db.engine.begin() as connection:  # as a single request does, up to its commit
        builds.pin_newest(connection, ("H1",))
        connection.execute(write_offs.LOCK, place)
        batch = threading.Thread(target=click)
        batch.start()
        while batch.is_alive() and not _somebody_waits():
            pass
        connection.exec_driver_sql(
            "insert into portal.write_offs (hospital_id, source_name, invoice_id, currency, amount, category, reason,"
            f" requested_by) values ('H1', 'main', 'I17', 'USD', 10, 'BAD_DEBT', 'agreed', {desk.people['other']})"
        )
    batch.join()
    assert outcomes == ["Somebody paid, asked or decided since the preview: look at what it shows now, and ask again."]
    assert len(desk.statuses()) == 1


@pytest.mark.parametrize("what", ["paid", "asked", "decided"])
def test_what_changed_since_the_preview_stops_the_batch(desk: Desk, what: str) -> None:
    number, found = desk.ask("I06", "50"), preview()
    if what == "paid":
        change(f"update {_OPEN} set amount_due = 59.99 where invoice_id = 'I01' and hospital_id = 'H1'")
    elif what == "asked":
        desk.ask("I01", "1", by="other")
    else:
        desk.decide(number, "reject")  # I06 is no small balance any more
    before = desk.statuses()
    with pytest.raises(ConflictError, match="since the preview"):
        ask(desk, found)
    assert desk.statuses() == before


@pytest.mark.parametrize(("reason", "notes", "field"), [(" ", None, "reason"), ("agreed", "x" * 2001, "notes")])
def test_a_batch_says_what_is_wrong_with_it(desk: Desk, reason: str, notes: str | None, field: str) -> None:
    with pytest.raises(WriteOffError) as refused:
        ask(desk, preview(), reason=reason, notes=notes)
    assert list(refused.value.fields) == [field]
    assert desk.statuses() == {}


def test_a_batch_has_an_end_and_the_rest_follows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_off_batch, "MOST_REQUESTS", 2)
    found = preview()
    assert ([item.invoice_id for item in found.items], found.left_out) == (["I01", "I17"], 1)
    ask(desk, found)
    rest = preview()
    assert ([item.invoice_id for item in rest.items], rest.left_out) == (["I18"], 0)


def test_a_batch_is_approved_at_once_and_each_is_on_record(desk: Desk, owner_rows: Rows) -> None:
    batch, numbers = ask(desk, preview())
    desk.decide(numbers[1], "reject", by="other")
    assert approve(desk, batch) == [Outcome(numbers[0], None), Outcome(numbers[2], None)]
    assert desk.statuses() == dict(zip(numbers, ("APPROVED", "REJECTED", "APPROVED"), strict=True))
    assert [desk.balance(invoice) for invoice in ("I01", "I17", "I18")] == ["0.000", "70.000", "0.000"]
    approvals = [r["resource_id"] for r in world.audit_records() if r["action"] == "write_off_approve"]
    assert approvals == [str(numbers[0]), str(numbers[2])]
    told = "select subject, body from portal.mails where kind = 'write_off_decision' order by mail_id"
    _, (subject, body) = owner_rows(told)  # of the one that was rejected, and of the rest together
    assert subject == "2 write-offs approved: $105.00 (USD), Hudson Clinic"
    assert "There are notes" in body and "as agreed" not in body and "pending still" not in body
    assert "on the page Write-offs" in body
    with pytest.raises(ConflictError, match="Nothing of batch 1 is pending any more"):
        approve(desk, batch)


def test_one_that_no_longer_fits_keeps_nobody_waiting(desk: Desk, owner_rows: Rows) -> None:
    batch, numbers = ask(desk, preview())
    change(
        "insert into marts_b1.fct_receivable_events select (jsonb_populate_record(e, jsonb_build_object("
        " 'event_key', gen_random_uuid(), 'event_type', 'collected', 'amount', -30))).*"
        " from marts_b1.fct_receivable_events e where invoice_id = 'I17' and hospital_id = 'H1' limit 1"
    )
    outcomes = approve(desk, batch)
    assert [one.number for one in outcomes if one.why is None] == [numbers[0], numbers[2]]
    assert "Only $40.00 are open of invoice I17 now" in str(outcomes[1].why)
    assert desk.statuses()[numbers[1]] == "PENDING"
    ((body,),) = owner_rows("select body from portal.mails where kind = 'write_off_decision'")
    assert "Not approved, and pending still: 1 of the batch." in body


def test_a_batch_its_records_and_its_mail_are_one_transaction(desk: Desk, owner_rows: Rows) -> None:
    batch, numbers = ask(desk, preview())
    change("revoke insert on portal.mails from daybook_portal")
    try:
        with pytest.raises(SQLAlchemyError):
            approve(desk, batch)
    finally:
        change("grant insert on portal.mails to daybook_portal")
    assert set(desk.statuses().values()) == {"PENDING"} and owner_rows("select 1 from portal.write_off_decisions") == []
    assert all(one.why is None for one in approve(desk, batch))
    written = (
        "select xmin::text from portal.mails where kind = 'write_off_decision' union"
        " select xmin::text from portal.audit_log where action = 'write_off_approve'"
    )
    assert len(owner_rows(written)) == 1
    assert owner_rows("select count(*) from portal.audit_log where action = 'write_off_approve'") == [(len(numbers),)]


def test_who_may_not_approve_a_batch(desk: Desk, owner_rows: Rows) -> None:
    batch, numbers = ask(desk, preview(), by="admin")
    with pytest.raises(NotYoursToDecideError, match="somebody else"):
        approve(desk, batch)
    with pytest.raises(UnknownWriteOffError):
        approve(desk, batch, by="abroad")
    outcomes = approve(desk, batch, by="other", limit="60")
    assert [one.why is None for one in outcomes] == [True, False, True]
    assert "up to $60.00" in str(outcomes[1].why) and desk.statuses()[numbers[1]] == "PENDING"


def _somebody_waits() -> bool:
    with connect("owner") as connection:
        row = connection.execute("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
        return row.fetchone() == (True,)
