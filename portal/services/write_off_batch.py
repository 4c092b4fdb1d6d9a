"""Small balances, asked for together and decided together.

Who asks has seen a preview, whose digest says what it showed: if anything of it changed meanwhile, nothing is asked for. The
requests are one transaction with one audit record, which lists them, and approvers get one mail. Approving is one transaction
too, with the mail and a record of each; one that no longer fits its balance is left out of it and keeps nobody waiting.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from portal.queries.small_balances import SmallBalance, SmallBalanceFilter, small_balances
from portal.services import audit, notices, write_offs
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from portal.services.write_off_rules import LONGEST, Wanted, WriteOffError, check
from portal.services.write_offs import Decider, NotYoursToDecideError, UnknownWriteOffError, books

MOST_REQUESTS = 1_000
CATEGORY = "SMALL_BALANCE"

# The locks of single requests (``write_offs``), always in the same order, so that two batches do not wait for each other.
_LOCK_ALL = text("""
  select pg_advisory_xact_lock(hashtextextended(ordered.name, 0))
  from (
    select :hospital || '|' || asked.source || '|' || asked.invoice as name
    from unnest(cast(:sources as text[]), cast(:invoices as text[])) as asked (source, invoice)
    order by 1
    offset 0
  ) as ordered
""")
_INSERT = text("""
  insert into portal.write_offs (
    kind, hospital_id, source_name, invoice_id, patient_id, currency, amount, category, reason, notes, requested_by, batch_id,
    created_at, updated_at)
  select
    'write_off', :hospital, asked.source, asked.invoice, asked.patient, :currency, asked.amount, :category, :reason, :notes,
    :by, :batch, :now, :now
  from unnest(
    cast(:sources as text[]), cast(:invoices as text[]), cast(:patients as text[]), cast(:amounts as numeric[])
  ) with ordinality as asked (source, invoice, patient, amount, number)
  order by asked.number
  returning id, source_name, invoice_id, amount
""")
_NUMBER = text("select nextval('portal.write_off_batch_id_seq')")
_OF_BATCH = text("""
  select id, status, requested_by, hospital_id, source_name, invoice_id
  from portal.write_offs where batch_id = :batch order by id
""")


@dataclass(frozen=True)
class Preview:
    """What would be asked for.

    Attributes:
        items: the invoices with their amounts, the longest overdue first.
        left_out: how many more the filter selects; a batch has at most 1,000.
        limit: the most that one of them may be: the hospital's limit, or the filter's if that is lower.
        digest: stands for exactly these invoices and amounts.
    """

    items: tuple[SmallBalance, ...]
    left_out: int
    limit: Decimal
    digest: str

    @property
    def count(self) -> int:
        """How many would be asked for."""
        return len(self.items)

    @property
    def total(self) -> Decimal:
        """How much would be asked for together."""
        return sum((item.amount for item in self.items), Decimal(0))


@dataclass(frozen=True)
class BatchOrder:
    """What is asked for: what the preview with this ``digest`` showed under this filter, and why (the same for all)."""

    asked: SmallBalanceFilter
    digest: str
    reason: str
    notes: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one request of a batch; ``why`` says why it was not approved, None if it was."""

    number: int
    why: str | None


def preview(connection: Connection, asked: SmallBalanceFilter, limit: Decimal) -> Preview:
    """Return what a batch would ask for now. It changes nothing.

    Args:
        connection: pinned to a build.
        asked: which invoices.
        limit: the most that a small balance may be at the hospital.
    """
    found = small_balances(connection, asked, limit)
    items = tuple(found[:MOST_REQUESTS])
    lines = [f"{item.source_name}|{item.invoice_id}|{item.amount}" for item in items]
    digest = hashlib.sha256("\n".join([asked.hospital_id, asked.currency, *lines]).encode()).hexdigest()
    return Preview(items, len(found) - len(items), min(limit, asked.max_amount), digest)


def request_batch(
    order: BatchOrder, by: Decider, limit: Decimal, now: datetime, entry: Entry
) -> tuple[int, tuple[int, ...]]:
    """Ask for every small balance of a preview. Returns the batch's number, and those of its requests.

    Args:
        order: what is asked for.
        by: who asks.
        limit: the most that a small balance may be at the hospital.
        now: the present instant, with time zone.
        entry: the audit record; number, hospital and values are filled in.

    Raises:
        WriteOffError: the reason is empty, reason or notes are too long, or there is nothing to ask for.
        ConflictError: what would be asked for now is not what the preview showed.
    """
    asked = order.asked
    with books(by.hospitals) as (connection, _):
        shown = _as_shown(connection, order, limit)
        if not shown.items:
            raise WriteOffError(maxAmount="No invoice has such a small balance: there is nothing to ask for.")
        check(
            Wanted(max(item.amount for item in shown.items), CATEGORY, order.reason, order.notes), asked.currency, limit
        )
        columns: dict[str, Any] = {
            "sources": [item.source_name for item in shown.items],
            "invoices": [item.invoice_id for item in shown.items],
        }
        connection.execute(_LOCK_ALL, columns | {"hospital": asked.hospital_id})
        shown = _as_shown(connection, order, limit)  # nobody can ask for one of them any more
        batch = int(connection.execute(_NUMBER).scalar_one())
        columns |= {
            "patients": [item.patient_id for item in shown.items],
            "amounts": [item.amount for item in shown.items],
        }
        values = {
            "hospital": asked.hospital_id, "currency": asked.currency, "category": CATEGORY,
            "reason": order.reason.strip(), "notes": order.notes, "by": by.user_id, "batch": batch, "now": now,
        }  # fmt: skip
        made = connection.execute(_INSERT, values | columns).all()
        numbers = tuple(int(row.id) for row in made)
        notices.asked(connection, numbers)
        requests = [{"id": row.id, "invoice_id": row.invoice_id, "amount": str(row.amount)} for row in made]
        new = {"kind": "write_off", "category": CATEGORY, "status": "PENDING", "requests": requests}
        new |= audit.sealed(reason=order.reason.strip(), notes=order.notes)
        audit.record(
            replace(entry, resource_id=str(batch), hospital_ids=(asked.hospital_id,), new_values=new), connection
        )
        return batch, numbers


def approve_batch(batch: int, notes: str | None, by: Decider, now: datetime, entry: Entry) -> list[Outcome]:
    """Approve what is pending of a batch and can be approved. Returns what became of each; who asked gets one mail.

    Args:
        batch: its number.
        notes: of who approves, the same for all.
        by: who approves.
        now: the present instant, with time zone.
        entry: the audit record of each; number, hospital and values are filled in.

    Raises:
        UnknownWriteOffError: there is none of this number at the approver's hospitals.
        NotYoursToDecideError: who approves asked for it.
        ConflictError: nothing of it is pending any more.
        WriteOffError: the notes are too long.
    """
    if notes and len(notes) > LONGEST:
        raise WriteOffError(notes=f"Notes have at most {LONGEST} letters.")
    with books(by.hospitals) as opened:
        connection, _ = opened
        pending = _pending(connection, batch, by)
        places = {"sources": [row.source_name for row in pending], "invoices": [row.invoice_id for row in pending]}
        connection.execute(_LOCK_ALL, places | {"hospital": pending[0].hospital_id})
        outcomes, records = [], []
        for row in pending:
            try:
                with connection.begin_nested():
                    records.append(write_offs.approve_within(opened, row.id, notes, by, now, entry))
                outcomes.append(Outcome(row.id, None))
            except (ConflictError, NotYoursToDecideError, UnknownWriteOffError) as error:
                outcomes.append(Outcome(row.id, str(error)))
        if approved := [one.number for one in outcomes if one.why is None]:
            left = [row.id for row in connection.execute(_OF_BATCH, {"batch": batch}) if row.status == "PENDING"]
            notices.batch_decided(connection, approved, len(left))
        for record in records:  # last: whoever writes a record waits for them
            audit.record(record, connection)
        return outcomes


def _pending(connection: Connection, batch: int, by: Decider) -> list[Row[Any]]:
    """Return what is pending of a batch. Raises as ``approve_batch``."""
    found = connection.execute(_OF_BATCH, {"batch": batch}).all()
    if not found:
        raise UnknownWriteOffError(f"There is no batch {batch} at your hospitals.")
    if found[0].requested_by == by.user_id:
        raise NotYoursToDecideError("You asked for it: somebody else has to decide.")
    if not (pending := [row for row in found if row.status == "PENDING"]):
        raise ConflictError(f"Nothing of batch {batch} is pending any more.")
    return pending


def _as_shown(connection: Connection, order: BatchOrder, limit: Decimal) -> Preview:
    found = preview(connection, order.asked, limit)
    if found.digest != order.digest:
        raise ConflictError(
            "Somebody paid, asked or decided since the preview: look at what it shows now, and ask again."
        )
    return found
