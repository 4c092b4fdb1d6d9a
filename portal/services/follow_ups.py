"""Follow-up of open invoices: notes, promises to pay, next contacts. Written once, each with its audit record in one transaction.

Nothing is changed in place: a correction is a new entry, and what was wrong is withdrawn, which is an entry too. Notes are free
text, in which names hide: they are encrypted with the keyring of identity, and audit records hold a keyed hash of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import IntegrityError

from portal.formatting import day, money, rounded
from portal.queries.decided import shown_balance
from portal.queries.follow_ups import FollowUp, Standing, standing
from portal.queries.ledger import Invoice
from portal.services import audit
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from portal.services.idempotency import Repeatable, once
from portal.services.write_offs import LOCK, books
from warehouse import identity

CONTACTS = {
    "patient": "The patient",
    "representative": "A family member or guardian",
    "insurance": "The insurance",
    "employer": "The employer",
    "other": "Somebody else",
}
LONGEST = 2000
_FARTHEST = timedelta(days=731)  # a later day is a slip of the keyboard
_NO_KEY = "(This note cannot be read: the key that it was written with is missing.)"
_TODAY = text("select cast(:now at time zone timezone as date) from dim_hospitals where hospital_id = :hospital_id")
_INSERT = text("""
  insert into portal.follow_ups (
    withdraws_id, hospital_id, source_name, invoice_id, patient_id, currency, note, promised_amount, promised_for,
    contact_on, contact_with, ends_contact, made_by, made_on, made_at)
  values (
    :withdraws_id, :hospital_id, :source_name, :invoice_id, :patient_id, :currency, :note, :promised_amount,
    :promised_for, :contact_on, :contact_with, :ends_contact, :by, :made_on, :now)
  returning id
""")
_FIND = text("""
  select * from portal.follow_ups
  where id = :id and withdraws_id is null and hospital_id = :hospital_id and source_name = :source_name
    and invoice_id = :invoice_id
""")


class FollowUpError(Exception):
    """An entry cannot be made as it is; ``fields`` says what is wrong, by field. Answered with 400."""

    def __init__(self, **fields: str) -> None:
        """Say what is wrong, by the name of the field."""
        self.fields = fields
        super().__init__(" ".join(fields.values()))


class UnknownFollowUpError(Exception):
    """The invoice has no such entry. Answered with 404."""


@dataclass(frozen=True)
class Said:
    """What an entry says: any of a note, a promise (both parts), a next contact (both parts) or that none is needed any more."""

    note: str | None = None
    promised_amount: Decimal | None = None
    promised_for: date | None = None
    contact_on: date | None = None
    contact_with: str | None = None
    ends_contact: bool = False


@dataclass(frozen=True)
class Clerk:
    """Who makes an entry, for which hospitals, and the installation's keyring of identity, with which notes are encrypted."""

    user_id: int
    hospitals: Sequence[str]
    keys: Sequence[str]


def add(
    invoice: Invoice, said: Said, by: Clerk, now: datetime, entry: Entry, repeatable: Repeatable | None = None
) -> int:
    """Add an entry to an invoice's follow-up. Returns its number.

    Args:
        invoice: one of the clerk's hospitals.
        said: what it says; amounts in the invoice's currency.
        by: who makes it.
        now: the present instant, with time zone.
        entry: the audit record; number, hospital and values are filled in.
        repeatable: what tells this entry, sent again, from a new one.

    Raises:
        FollowUpError: it says nothing, or what cannot be: a half promise, more than is open, a day that has passed.
        ConflictError: the key of ``repeatable`` was used for something else.
    """
    with books(by.hospitals) as (connection, _):
        number, is_new = once(connection, repeatable, lambda: _add(connection, invoice, said, by, now, entry))
        if not is_new:
            _record(connection, invoice, number, replace(entry, details={"repeated": True}))
        return number


def withdraw(number: int, invoice: Invoice, by: Clerk, now: datetime, entry: Entry) -> None:
    """Withdraw an entry: it stays in the history and counts no more.

    Raises:
        UnknownFollowUpError: the invoice has no such entry.
        ConflictError: it was withdrawn already.
    """
    with books(by.hospitals) as (connection, _):
        found = connection.execute(_FIND, {"id": number, **_place(invoice)}).one_or_none()
        if found is None:
            raise UnknownFollowUpError(f"Invoice {invoice.invoice_id} has no entry {number}.")
        try:
            _insert(connection, invoice, Said(), by, now, number)
        except IntegrityError:
            raise ConflictError("That entry was withdrawn already.") from None
        _record(connection, invoice, number, entry, old=_values(found), new={"withdrawn": True})


def opened(entries: Iterable[FollowUp], keys: Sequence[str]) -> Mapping[int, str]:
    """Return the notes of these entries in clear, by number of the entry."""
    return {entry.id: _opened(entry.note, keys) for entry in entries if entry.note is not None}


def check(said: Said, currency: str, free: Decimal, today: date) -> None:
    """Check what an entry says; ``free`` is what is open of the invoice, ``today`` the hospital's day.

    Raises:
        FollowUpError: naming every field that is wrong.
    """
    wrong = _wrong_promise(said, currency, free, today) | _wrong_contact(said, today)
    if said.note and len(said.note) > LONGEST:
        wrong["note"] = f"A note has at most {LONGEST:,} letters; this one has {len(said.note):,}."
    if said == Said():
        wrong["note"] = "Write a note, a promise or a next contact: this says nothing."
    if wrong:
        raise FollowUpError(**wrong)


def _wrong_promise(said: Said, currency: str, free: Decimal, today: date) -> dict[str, str]:
    amount, wrong = said.promised_amount, _wrong_day("promisedFor", said.promised_for, today)
    if amount is None:
        return wrong if said.promised_for is None else wrong | {"promisedAmount": "Say how much was promised."}
    if said.promised_for is None:
        wrong["promisedFor"] = "Say by which day it was promised."
    if amount <= 0:
        wrong["promisedAmount"] = "The amount must be above 0."
    elif rounded(amount, currency) != amount:
        wrong["promisedAmount"] = f"The amount has more digits than {currency} has."
    elif amount > free:
        wrong["promisedAmount"] = f"{money(max(free, Decimal(0)), currency)} are open: nobody need promise more."
    return wrong


def _wrong_contact(said: Said, today: date) -> dict[str, str]:
    wrong = _wrong_day("contactOn", said.contact_on, today)
    if said.contact_on is not None and said.contact_with is None:
        wrong["contactWith"] = "Say whom to contact."
    if said.contact_on is None and said.contact_with is not None:
        wrong["contactOn"] = "Say on which day."
    if said.ends_contact and (said.contact_on or said.contact_with):
        wrong["endsContact"] = "Either name a next contact, or say that none is needed."
    return wrong


def _wrong_day(name: str, given: date | None, today: date) -> dict[str, str]:
    if given is None or today <= given <= today + _FARTHEST:
        return {}
    return {name: f"Choose a day from today, {day(today)}, to {day(today + _FARTHEST)}."}


def _add(connection: Connection, invoice: Invoice, said: Said, by: Clerk, now: datetime, entry: Entry) -> int:
    connection.execute(
        LOCK, {"hospital": invoice.hospital_id, "source": invoice.source_name, "invoice": invoice.invoice_id}
    )
    free = shown_balance(connection, invoice.invoice_key)
    check(said, invoice.currency, free, _today(connection, invoice, now))
    before = standing(connection, invoice.invoice_key)
    number = _insert(connection, invoice, said, by, now)
    _record(connection, invoice, number, entry, old=_values(before), new=_values(said))
    return number


def _insert(
    connection: Connection, invoice: Invoice, said: Said, by: Clerk, now: datetime, withdraws: int | None = None
) -> int:
    sealed = identity.encrypt({"note": said.note}, by.keys) if said.note else None
    values = vars(said) | _place(invoice) | {
        "withdraws_id": withdraws, "patient_id": invoice.patient_id, "currency": invoice.currency, "note": sealed,
        "by": by.user_id, "made_on": _today(connection, invoice, now), "now": now,
    }  # fmt: skip
    return int(connection.execute(_INSERT, values).scalar_one())


def _today(connection: Connection, invoice: Invoice, now: datetime) -> date:
    today: date = connection.execute(_TODAY, {"now": now, "hospital_id": invoice.hospital_id}).scalar_one()
    return today


def _place(invoice: Invoice) -> dict[str, str]:
    return {
        "hospital_id": invoice.hospital_id, "source_name": invoice.source_name, "invoice_id": invoice.invoice_id
    }  # fmt: skip


def _values(said: Said | Standing | Row[Any]) -> dict[str, Any]:
    names = ("promised_amount", "promised_for", "contact_on", "contact_with", "ends_contact")
    values = {name: str(value) for name in names if (value := getattr(said, name, None))}
    note = getattr(said, "note", None)
    # What is withdrawn is encrypted: its words were sealed when it was written.
    return values | (audit.sealed(note=note) if isinstance(note, str) else {"note": "(written)"} if note else {})


def _record(
    connection: Connection, invoice: Invoice, number: int, entry: Entry,
    old: dict[str, Any] | None = None, new: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    place = {"source_name": invoice.source_name, "invoice_id": invoice.invoice_id}
    audit.record(
        replace(
            entry, resource_id=str(number), hospital_ids=(invoice.hospital_id,), old_values=old or None,
            new_values=place | (new or {}),
        ),
        connection,
    )  # fmt: skip


def _opened(note: bytes, keys: Sequence[str]) -> str:
    try:
        return identity.decrypt(note, keys).get("note", "")
    except identity.IdentityKeyError:
        return _NO_KEY
