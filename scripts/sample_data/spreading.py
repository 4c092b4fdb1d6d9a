"""Patients who pay several invoices with one payment: the money says nowhere what it is for, allocations do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from scripts.sample_data import settlement
from scripts.sample_data.billing import Bill
from scripts.sample_data.money import text
from scripts.sample_data.tables import Tables

_MOST_INVOICES = 3
_SAME_SPELL = 240  # days between the first and the last invoice of one payment
_ODD_ONES_PER_HOSPITAL = 2


def spread(tables: Tables, rng: Random, bills: list[Bill], end: date) -> None:
    """Let most patients with several open invoices pay two or three of them at once."""
    moved = 0
    for owed in _owed_at_a_time(bills):
        if len(owed) < 2 or rng.randrange(100) < 20:
            continue
        chosen = owed[: rng.choice((2, _MOST_INVOICES))]
        day = max(bill.last_event for bill in chosen) + timedelta(days=rng.randrange(3, 45))
        if day > end:
            continue
        # The first ones of a hospital are put right later: the clerk had credited all of it to one invoice.
        is_wrong = moved < _ODD_ONES_PER_HOSPITAL and day + timedelta(days=5) <= end
        moved += is_wrong
        _pay_together(tables, rng, chosen, day, end, is_wrong)


def _owed_at_a_time(bills: Iterable[Bill]) -> list[list[Bill]]:
    """Return the open invoices that a patient had at one time and was to pay, oldest first."""
    spells: dict[str, list[list[Bill]]] = defaultdict(list)
    for bill in bills:
        is_decided = bill.patient.payer.payer_type == "self_pay" or bill.last_event > bill.day
        if not (bill.counts and bill.open > 0 and is_decided):
            continue
        own = spells[bill.patient.patient_id]
        if own and len(own[-1]) < _MOST_INVOICES and (bill.day - own[-1][0].day).days <= _SAME_SPELL:
            own[-1].append(bill)
        else:
            own.append([bill])
    return [spell for own in spells.values() for spell in own]


def _pay_together(tables: Tables, rng: Random, bills: list[Bill], day: date, end: date, is_wrong: bool) -> None:
    parts = [bill.open for bill in bills]
    if rng.randrange(100) < 20:
        parts[-1] = max(1, parts[-1] // 2)
    # Now and then a little more than is owed: that part stays a credit.
    extra = rng.randrange(100, 2_000) if rng.randrange(100) < 5 else 0
    payment = settlement.pay(tables, rng, bills[0], sum(parts) + extra, day, "check", status="pending")
    payment |= {"status": "paid", "invoice_id": ""}
    posted = min(day + timedelta(days=rng.choice((0, 0, 0, 1, 4, 12))), end)
    if is_wrong:
        posted = day
        corrected = day + timedelta(days=5)
        _allocate(tables, bills[0], payment["payment_id"], sum(parts), posted)
        _allocate(tables, bills[0], payment["payment_id"], parts[0] - sum(parts), corrected)
        for bill, part in zip(bills[1:], parts[1:], strict=True):
            _allocate(tables, bill, payment["payment_id"], part, corrected)
    else:
        for bill, part in zip(bills, parts, strict=True):
            _allocate(tables, bill, payment["payment_id"], part, posted)


def _allocate(tables: Tables, bill: Bill, payment_id: str, cents: int, day: date) -> None:
    tables.add(
        "allocations", allocation_id=tables.number("ALC"), hospital_id=bill.hospital.hospital_id, payment_id=payment_id,
        invoice_id=bill.row["invoice_id"], amount=text(cents), allocated_date=day.isoformat(),
    )  # fmt: skip
    bill.settle(cents, day)
