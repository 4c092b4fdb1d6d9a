"""Write-offs: asking for one, deciding it, taking it back. Each step is one transaction with its audit record.

A request changes no balance. An approval writes the decision as an event of its own, which pages add to the shown build at
once and the next build contains. Two who decide at the same time meet at the request's row: one wins, the other is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import IntegrityError

from portal import builds
from portal.formatting import money
from portal.models import db
from portal.queries.decided import shown_balance
from portal.queries.ledger import Invoice
from portal.services import audit, notices
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from portal.services.idempotency import Repeatable, once
from portal.services.write_off_rules import LONGEST, Wanted, WriteOffError, check

# Requests for one invoice wait for each other: what is pending counts against the balance.
LOCK = text("select pg_advisory_xact_lock(hashtextextended(:hospital || '|' || :source || '|' || :invoice, 0))")
_PENDING = text("""
  select coalesce(sum(amount), 0) from portal.write_offs
  where kind = 'write_off' and status = 'PENDING' and hospital_id = :hospital and source_name = :source
    and invoice_id = :invoice
""")
_INSERT = text("""
  insert into portal.write_offs (
    kind, reverses_id, hospital_id, source_name, invoice_id, patient_id, currency, amount, category, reason, notes,
    requested_by, created_at, updated_at)
  values (
    :kind, :reverses_id, :hospital_id, :source_name, :invoice_id, :patient_id, :currency, :amount, :category, :reason,
    :notes, :requested_by, :now, :now)
  returning id
""")
_FIND = text("select * from portal.write_offs where id = :id")
_DECIDE = text("""
  update portal.write_offs
  set status = :status, decided_by = :by, decided_at = :now, decision_notes = :notes, updated_at = :now
  where id = :id and status = 'PENDING' returning id
""")
_DECISION = text("""
  insert into portal.write_off_decisions (
    write_off_id, kind, reversed_decision_id, hospital_id, source_name, invoice_id, patient_id, currency, amount, category,
    requested_by, approved_by, decided_at, effective_date, build_id, shown_at)
  select
    w.id, w.kind, r.decision_id, w.hospital_id, w.source_name, w.invoice_id, w.patient_id, w.currency, w.amount, w.category,
    w.requested_by, :by, :now, cast(:now at time zone h.timezone as date), :build_id, :shown_at
  from portal.write_offs as w
  join dim_hospitals as h on h.hospital_id = w.hospital_id
  left join portal.write_off_decisions as r on r.write_off_id = w.reverses_id
  where w.id = :id
""")
_REVERSED = text("""
  update portal.write_offs set status = 'REVERSED', updated_at = :now where id = :id and status = 'APPROVED' returning id
""")


# A transaction, and the number and instant of the build that it reads.
Books = tuple[Connection, tuple[int, datetime]]


class UnknownWriteOffError(Exception):
    """There is none of this number in reach. Answered with 404."""


class NotYoursToDecideError(Exception):
    """Whoever asks may not decide this one; the message says why. Answered with 403."""


@dataclass(frozen=True)
class Decider:
    """Who decides, and for which hospitals. ``limit`` is the largest amount that the roles may approve; None is any."""

    user_id: int
    hospitals: Sequence[str]
    limit: Decimal | None = None


def request(
    invoice: Invoice, wanted: Wanted, by: Decider, limit: Decimal, now: datetime, entry: Entry, *,
    repeatable: Repeatable | None = None,
) -> int:  # fmt: skip
    """Ask for (part of) an invoice to be written off. Returns the request's number.

    Args:
        invoice: the invoice, one of the asker's hospitals.
        wanted: what is asked for.
        by: who asks.
        limit: the most that SMALL_BALANCE may be at this hospital.
        now: the present instant, with time zone.
        entry: the audit record; number, hospital and values are filled in.
        repeatable: what tells this request, sent again, from a new one.

    Raises:
        ConflictError: the key of ``repeatable`` was used for something else.
        WriteOffError: the amount is not above 0, has too many digits, exceeds what is open less what is pending, or the
            limit of its category; the category is unknown; the reason is empty.
    """
    check(wanted, invoice.currency, limit)
    with books(by.hospitals) as (connection, _):
        number, is_new = once(connection, repeatable, lambda: _request(connection, invoice, wanted, by, now, entry))
        if not is_new:
            again = replace(
                entry, resource_id=str(number), hospital_ids=(invoice.hospital_id,), details={"repeated": True}
            )
            audit.record(again, connection)
        return number


def request_reversal(number: int, reason: str, by: Decider, now: datetime, entry: Entry) -> int:
    """Ask for an approved write-off to be taken back. Returns the number of the new request, decided like the first.

    Raises:
        UnknownWriteOffError: there is none of this number at the asker's hospitals.
        WriteOffError: the reason is empty.
        ConflictError: it is not approved, or its taking back was asked for already.
    """
    if not reason.strip() or len(reason) > LONGEST:
        raise WriteOffError(notes=f"Say why it is to be taken back, in at most {LONGEST} letters.")
    with books(by.hospitals) as (connection, _):
        found = _find(connection, number)
        if found.kind == "reversal" or found.status != "APPROVED":
            raise ConflictError(
                f"Write-off {number} is {found.status.lower()}: only an approved one can be taken back."
            )
        values = {
            "kind": "reversal", "reverses_id": number, "hospital_id": found.hospital_id, "source_name": found.source_name,
            "invoice_id": found.invoice_id, "patient_id": found.patient_id, "currency": found.currency,
            "amount": found.amount, "category": found.category, "reason": reason.strip(), "notes": None,
            "requested_by": by.user_id, "now": now,
        }  # fmt: skip
        try:
            return _ask(connection, values, entry)
        except IntegrityError:
            raise ConflictError(f"The taking back of write-off {number} was asked for already.") from None


def approve(number: int, notes: str | None, by: Decider, now: datetime, entry: Entry) -> None:
    """Approve a request: the balance changes with it, and who asked is told by mail. Raises as ``approve_within``."""
    with books(by.hospitals) as opened:
        record = approve_within(opened, number, notes, by, now, entry)
        notices.decided(opened[0], number)
        audit.record(record, opened[0])


def approve_within(opened: Books, number: int, notes: str | None, by: Decider, now: datetime, entry: Entry) -> Entry:
    """Approve a request in the transaction under way. Returns the record that is to be its last statement.

    Raises:
        UnknownWriteOffError: there is none of this number at the approver's hospitals.
        NotYoursToDecideError: who approves asked for it, or may not approve so much.
        ConflictError: it was decided already, or no longer fits the balance.
    """
    connection, (build_id, shown_at) = opened
    found = _find(connection, number)
    _check_approver(found, by)
    place = {"hospital": found.hospital_id, "source": found.source_name, "invoice": found.invoice_id}
    connection.execute(LOCK, place)
    _decide(connection, found, "APPROVED", notes, by, now)
    if found.kind == "write_off":
        _check_balance(connection, found)
    elif connection.execute(_REVERSED, {"id": found.reverses_id, "now": now}).scalar() is None:
        raise ConflictError(f"Write-off {found.reverses_id} was taken back already.")
    marks = {"id": number, "by": by.user_id, "now": now, "build_id": build_id, "shown_at": shown_at}
    if connection.execute(_DECISION, marks).rowcount != 1:
        raise ConflictError(f"Hospital {found.hospital_id} is not in the shown build: wait for the next run.")
    return _record(entry, found, "APPROVED", notes)


def reject(number: int, notes: str | None, by: Decider, now: datetime, entry: Entry) -> None:
    """Reject a request: nothing changes but its status. Raises as ``approve``."""
    with books(by.hospitals) as (connection, _):
        found = _find(connection, number)
        _check_approver(found, by)
        _decide(connection, found, "REJECTED", notes, by, now)
        notices.decided(connection, number)
        audit.record(_record(entry, found, "REJECTED", notes), connection)


def cancel(number: int, notes: str | None, by: Decider, now: datetime, entry: Entry) -> None:
    """Take a pending request out of the queue, as whoever may ask for write-offs at its hospital.

    Raises:
        UnknownWriteOffError: there is none of this number at the hospitals.
        ConflictError: it was decided already.
    """
    with books(by.hospitals) as (connection, _):
        found = _find(connection, number)
        _decide(connection, found, "CANCELLED", notes, by, now)
        notices.decided(connection, number)
        audit.record(_record(entry, found, "CANCELLED", notes), connection)


@contextmanager
def books(hospitals: Sequence[str]) -> Iterator[Books]:
    """Open a transaction that writes for these hospitals and reads the live build; yields that build's number and instant."""
    with db.engine.begin() as connection:
        yield connection, builds.pin_newest(connection, hospitals)


def _request(connection: Connection, invoice: Invoice, wanted: Wanted, by: Decider, now: datetime, entry: Entry) -> int:
    place = {"hospital": invoice.hospital_id, "source": invoice.source_name, "invoice": invoice.invoice_id}
    connection.execute(LOCK, place)
    pending = Decimal(connection.execute(_PENDING, place).scalar_one())
    free = max(Decimal(0), shown_balance(connection, invoice.invoice_key)) - pending
    if wanted.amount > free:
        waiting = f", {money(pending, invoice.currency)} of it pending already" if pending else ""
        raise WriteOffError(
            amount=f"{money(free + pending, invoice.currency)} are open{waiting}: ask for no more than"
            f" {money(max(free, Decimal(0)), invoice.currency)}."
        )
    values = {
        "kind": "write_off", "reverses_id": None, "hospital_id": invoice.hospital_id,
        "source_name": invoice.source_name, "invoice_id": invoice.invoice_id, "patient_id": invoice.patient_id,
        "currency": invoice.currency, "amount": wanted.amount, "category": wanted.category,
        "reason": wanted.reason.strip(), "notes": wanted.notes, "requested_by": by.user_id, "now": now,
    }  # fmt: skip
    return _ask(connection, values, entry)


def _ask(connection: Connection, values: dict[str, Any], entry: Entry) -> int:
    number = int(connection.execute(_INSERT, values).scalar_one())
    notices.asked(connection, [number])
    new = {name: str(values[name]) for name in ("kind", "reverses_id", "invoice_id", "amount", "category")}
    new |= audit.sealed(reason=values["reason"], notes=values["notes"])
    audit.record(
        replace(
            entry,
            resource_id=str(number),
            hospital_ids=(values["hospital_id"],),
            new_values=new | {"status": "PENDING"},
        ),
        connection,
    )
    return number


def _find(connection: Connection, number: int) -> Row[Any]:
    found = connection.execute(_FIND, {"id": number}).one_or_none()
    if found is None:
        raise UnknownWriteOffError(f"There is no write-off {number} at your hospitals.")
    return found


def _check_approver(found: Row[Any], by: Decider) -> None:
    if found.requested_by == by.user_id:
        raise NotYoursToDecideError("You asked for it: somebody else has to decide.")
    if by.limit is not None and found.amount > by.limit:
        raise NotYoursToDecideError(
            f"You may decide up to {money(by.limit, found.currency)}: this needs an approver with a higher limit."
        )


def _check_balance(connection: Connection, found: Row[Any]) -> None:
    key = connection.execute(
        text("select invoice_key from fct_invoices where hospital_id = :h and source_name = :s and invoice_id = :i"),
        {"h": found.hospital_id, "s": found.source_name, "i": found.invoice_id},
    ).scalar()
    # Gone from the source since: there is nothing left to write off.
    balance = Decimal(0) if key is None else shown_balance(connection, key)
    if found.amount > balance:
        raise ConflictError(
            f"Only {money(max(balance, Decimal(0)), found.currency)} are open of invoice {found.invoice_id} now:"
            " reject or cancel the request, and ask for that."
        )


def _decide(
    connection: Connection, found: Row[Any], status: str, notes: str | None, by: Decider, now: datetime
) -> None:
    if notes and len(notes) > LONGEST:
        raise WriteOffError(notes=f"Notes have at most {LONGEST} letters.")
    marks = {"id": found.id, "status": status, "by": by.user_id, "now": now, "notes": notes}
    if connection.execute(_DECIDE, marks).scalar() is None:
        current = _find(connection, found.id).status.lower()
        raise ConflictError(f"Write-off {found.id} was decided already: it is {current}.")


def _record(entry: Entry, found: Row[Any], status: str, notes: str | None) -> Entry:
    """Return the record of a decision; one that takes a write-off back says what became of that, too."""
    old, new = {"status": found.status}, {"status": status} | audit.sealed(notes=notes)
    if found.kind == "reversal" and status == "APPROVED":
        old |= {"reverses_id": str(found.reverses_id), "reverses_status": "APPROVED"}
        new |= {"reverses_id": str(found.reverses_id), "reverses_status": "REVERSED"}
    return replace(entry, resource_id=str(found.id), hospital_ids=(found.hospital_id,), old_values=old, new_values=new)
