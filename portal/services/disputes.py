"""Disputes with the billing company: sending one, what happens to it, taking a step back.

Each is one transaction with its audit record. A note may hold names: it stands encrypted, and the record only says whether
there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import IntegrityError

from portal.analytics.disputes import NEXT, Figures, Finding, Outcome, State
from portal.formatting import day
from portal.services import audit
from portal.services.audit import Entry
from portal.services.case_logs import CaseLogError, Person
from portal.services.conflicts import ConflictError
from portal.services.write_offs import books
from warehouse import identity

_INSERT = text("""
  insert into portal.disputes (
    hospital_id, provider_id, finding, subject_key, case_date, label, currency, claimed, billed_before, paid_before, payer_key,
    state, opened_by, opened_at, updated_at)
  values (
    :hospital_id, :provider_id, :finding, :subject_key, :case_date, :label, :currency, :claimed, :billed_before, :paid_before,
    :payer_key, 'sent', :by, :now, :now)
  returning id
""")
_STEP = text("""
  insert into portal.dispute_steps (dispute_id, hospital_id, kind, on_date, outcome, amount, note, made_by, made_at)
  values (:dispute_id, :hospital_id, :kind, :on_date, :outcome, :amount, :note, :by, :now)
""")
_FIND = text("select id, hospital_id, case_date, state from portal.disputes where id = :id for update")
_LAST = text("""
  select id, kind, on_date from portal.dispute_steps
  where dispute_id = :id and undone_at is null order by id desc limit 2
""")
_STATE = text("update portal.disputes set state = :state, updated_at = :now where id = :id")
_UNDO = text("update portal.dispute_steps set undone_by = :by, undone_at = :now where id = :id")
_TODAY = text("select cast(:now at time zone timezone as date) from dim_hospitals where hospital_id = :hospital_id")
_OPEN_ALREADY = "There is an open dispute about this case: go on with that one."


@dataclass(frozen=True)
class Subject:
    """What a dispute is about, as the live build has it. ``suggested`` is what to ask for, where that can be said."""

    finding: Finding
    key: str
    hospital_id: str
    provider_id: str
    case_date: date
    label: str | None
    currency: str
    figures: Figures
    suggested: Decimal | None
    payer_key: UUID | None = None


@dataclass(frozen=True)
class Claim:
    """What is asked for, None where nobody can say, and of which payer, None if that is not known."""

    amount: Decimal | None
    payer_key: UUID | None


@dataclass(frozen=True)
class Hand:
    """Who notes something, when, the audit record of it, and the installation's keyring of identity."""

    by: Person
    now: datetime
    entry: Entry
    keys: Sequence[str]


@dataclass(frozen=True)
class Step:
    """Something that happened on a day: with an outcome if it is an answer, an amount if something was recovered."""

    kind: State
    on_date: date
    outcome: Outcome | None = None
    amount: Decimal | None = None
    note: str | None = None


def send(subject: Subject, claim: Claim, sent: Step, hand: Hand) -> int:
    """Note that a case was sent to the billing company. Returns the dispute's number.

    Args:
        subject: what is wrong; that it is the person's to say is settled before.
        claim: what is asked for.
        sent: day and note.
        hand: who notes it.

    Raises:
        CaseLogError: if the amount or the day cannot be.
        ConflictError: if there is an open dispute about it.
    """
    if claim.amount is not None and claim.amount <= 0:
        raise CaseLogError(claimed="Say an amount above 0, or none if nobody can say.")
    values = {
        "hospital_id": subject.hospital_id, "provider_id": subject.provider_id, "finding": subject.finding,
        "subject_key": subject.key, "case_date": subject.case_date, "label": subject.label, "currency": subject.currency,
        "claimed": claim.amount, "billed_before": subject.figures.billed, "paid_before": subject.figures.paid,
        "payer_key": claim.payer_key, "by": hand.by.user_id, "now": hand.now,
    }  # fmt: skip
    try:
        with books(hand.by.hospitals) as (connection, _):
            _check_day(connection, sent.on_date, subject.hospital_id, subject.case_date, hand.now)
            number = int(connection.execute(_INSERT, values).scalar_one())
            _add(connection, number, subject.hospital_id, sent, hand)
            new = {"finding": subject.finding, "claimed": None if claim.amount is None else str(claim.amount)}
            _record(connection, hand.entry, number, subject.hospital_id, None, new | _said(sent))
            return number
    except IntegrityError as error:
        if "disputes_one_open" not in str(error.orig):
            raise
        raise ConflictError(_OPEN_ALREADY) from error


def go_on(number: int, step: Step, hand: Hand) -> None:
    """Note what happened to a dispute.

    Raises:
        CaseLogError: if the step lacks something, or its day cannot be.
        ConflictError: if it cannot follow what happened before.
    """
    _check_parts(step)
    with books(hand.by.hospitals) as (connection, _):
        found = connection.execute(_FIND, {"id": number}).one()
        if step.kind not in NEXT[found.state]:
            raise ConflictError(f"This dispute is {found.state} already: take that back first.")
        before = connection.execute(_LAST, {"id": number}).all()[0]
        _check_day(connection, step.on_date, found.hospital_id, before.on_date, hand.now)
        _add(connection, number, found.hospital_id, step, hand)
        _set(connection, found, step.kind, hand.now)
        _record(connection, hand.entry, number, found.hospital_id, {"state": found.state}, _said(step))


def take_back(number: int, step_id: int, by: Person, now: datetime, entry: Entry) -> None:
    """Take the last step of a dispute back; the sending itself is withdrawn instead.

    Raises:
        ConflictError: if it is not the last one, or was taken back already, or another dispute is open by now.
    """
    try:
        with books(by.hospitals) as (connection, _):
            found = connection.execute(_FIND, {"id": number}).one()
            standing = connection.execute(_LAST, {"id": number}).all()
            if standing[0].id != step_id or len(standing) == 1:
                raise ConflictError("Only the last step can be taken back; instead of the first, withdraw the dispute.")
            connection.execute(_UNDO, {"id": step_id, "by": by.user_id, "now": now})
            _set(connection, found, standing[1].kind, now)
            new = {"state": standing[1].kind, "undone": standing[0].kind}
            _record(connection, entry, number, found.hospital_id, {"state": found.state}, new)
    except IntegrityError as error:
        raise ConflictError(_OPEN_ALREADY) from error


def _check_parts(step: Step) -> None:
    if step.kind == "answered" and step.outcome is None:
        raise CaseLogError(outcome="Choose what the answer was.")
    if step.kind == "recovered" and (step.amount is None or step.amount <= 0):
        raise CaseLogError(amount="Say the amount that came, above 0.")


def _check_day(connection: Connection, chosen: date, hospital_id: str, first: date, now: datetime) -> None:
    today: date = connection.execute(_TODAY, {"now": now, "hospital_id": hospital_id}).scalar_one()
    if not first <= chosen <= today:
        raise CaseLogError(onDate=f"Choose a day from {day(first)} to today, {day(today)}.")


def _add(connection: Connection, number: int, hospital_id: str, step: Step, hand: Hand) -> None:
    connection.execute(_STEP, {
        "dispute_id": number, "hospital_id": hospital_id, "kind": step.kind, "on_date": step.on_date,
        "outcome": step.outcome if step.kind == "answered" else None,
        "amount": step.amount if step.kind == "recovered" else None,
        "note": identity.encrypt({"note": step.note}, hand.keys) if step.note else None,
        "by": hand.by.user_id, "now": hand.now,
    })  # fmt: skip


def _set(connection: Connection, found: Row[Any], state: State, now: datetime) -> None:
    connection.execute(_STATE, {"id": found.id, "state": state, "now": now})


def _said(step: Step) -> dict[str, Any]:
    amount = str(step.amount) if step.kind == "recovered" else None
    outcome = step.outcome if step.kind == "answered" else None
    said = {"state": step.kind, "on": step.on_date.isoformat(), "outcome": outcome, "amount": amount}
    return (
        {name: value for name, value in said.items() if value is not None}
        | {"has_note": bool(step.note)}
        | audit.sealed(note=step.note)
    )


def _record(
    connection: Connection, entry: Entry, number: int, hospital_id: str, old: dict[str, Any] | None, new: dict[str, Any]
) -> None:
    audit.record(
        replace(entry, resource_id=str(number), hospital_ids=(hospital_id,), old_values=old, new_values=new), connection
    )
