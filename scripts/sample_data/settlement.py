"""What becomes of an invoice: claims, payments, adjustments, refunds, write-offs, or nothing."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from scripts.sample_data import calendar
from scripts.sample_data.billing import Bill
from scripts.sample_data.money import share, text
from scripts.sample_data.tables import Row, Tables

_METHODS = ("card", "card", "card", "online", "online", "cash", "check")
_DENIALS = ("CO-16", "CO-50", "CO-97", "CO-197", "PR-204")


def settle(tables: Tables, rng: Random, bill: Bill, end: date) -> None:
    """Play out the life of one invoice up to ``end``; ``finish`` ends it."""
    if not _withdrawn(tables, rng, bill, end):
        if bill.patient.payer.payer_type == "self_pay":
            _patient_pays(tables, rng, bill, bill.day, end)
        else:
            _insured(tables, rng, bill, end)


def finish(tables: Tables, rng: Random, bill: Bill, end: date) -> None:
    """Give up on what stayed open for too long, and set the final status."""
    if bill.counts:
        _write_off(tables, rng, bill, end)
    _close(rng, bill, end)


def pay(tables: Tables, rng: Random, bill: Bill, cents: int, day: date, method: str, **more: str) -> Row:
    """Add a payment of an invoice; one with status ``paid`` lowers what is owed."""
    row = tables.add(
        "payments", payment_id=tables.number("PAY"), hospital_id=bill.hospital.hospital_id,
        invoice_id=bill.row["invoice_id"], patient_id=bill.patient.patient_id, payment_date=day.isoformat(),
        amount=text(cents), method=method, created_at=calendar.moment(rng, day, bill.hospital.utc_offset),
        **({"status": "paid"} | more),
    )  # fmt: skip
    if row["status"] == "paid":
        bill.settle(cents, day)
    return row


def _withdrawn(tables: Tables, rng: Random, bill: Bill, end: date) -> bool:
    """Cancel, void or leave as draft a few invoices; some of the cancelled ones were paid on before."""
    chance = rng.randrange(1_000)
    if chance < 10:
        cancelled = bill.day + timedelta(days=rng.randrange(1, 60))
        if cancelled > end:
            return False
        if chance < 3:
            pay(tables, rng, bill, share(bill.total, 4_000), bill.day, "card")
        bill.row |= {"status": "cancelled", "cancelled_date": cancelled.isoformat() if chance < 7 else ""}
        bill.last_event = cancelled
    elif chance < 12:
        bill.row["status"] = "void"
    elif chance < 40 and (end - bill.day).days < 10:
        bill.row |= {"status": "draft", "billed_at": ""}
    else:
        return False
    bill.counts = False
    return True


def _insured(tables: Tables, rng: Random, bill: Bill, end: date) -> None:
    """Send a claim; what the payer allows and does not pay is the patient's."""
    payer = bill.patient.payer
    submitted = bill.day + timedelta(days=rng.randrange(1, 6))
    if submitted > end:
        return
    decided = submitted + timedelta(days=rng.randrange(*payer.days))
    denied = rng.randrange(100) < 7
    claim = tables.add(
        "claims", claim_id=tables.number("CLM"), hospital_id=bill.hospital.hospital_id, invoice_id=bill.row["invoice_id"],
        payer_id=payer.payer_id, submitted_date=submitted.isoformat(), status="submitted", billed_amount=text(bill.total),
        clean="false" if denied else "true",
    )  # fmt: skip
    if decided > end:
        return
    if denied:
        claim |= {"status": "denied", "adjudicated_date": decided.isoformat(), "denial_code": rng.choice(_DENIALS)}
        claim |= {"allowed_amount": "0.00", "paid_amount": "0.00", "patient_responsibility": "0.00"}
        _resubmit(tables, rng, bill, claim, decided, end)
    else:
        _adjudicate(tables, rng, bill, claim, decided, end)


def _resubmit(tables: Tables, rng: Random, bill: Bill, claim: Row, denied: date, end: date) -> None:
    again = denied + timedelta(days=rng.randrange(5, 30))
    decided = again + timedelta(days=rng.randrange(*bill.patient.payer.days))
    if rng.randrange(100) < 35 or again > end:
        return
    second = tables.add(
        "claims", **(claim | {"claim_id": tables.number("CLM"), "submitted_date": again.isoformat(), "status": "appealed"}),
    )  # fmt: skip
    second |= {"resubmission_of": claim["claim_id"], "adjudicated_date": "", "denial_code": "", "allowed_amount": ""}
    second |= {"paid_amount": "", "patient_responsibility": ""}
    if decided <= end:
        _adjudicate(tables, rng, bill, second, decided, end)


def _adjudicate(tables: Tables, rng: Random, bill: Bill, claim: Row, day: date, end: date) -> None:
    payer = bill.patient.payer
    allowed = share(bill.total, rng.randrange(payer.allowed[0], payer.allowed[1]))
    paid = share(allowed, rng.randrange(payer.pays[0], payer.pays[1] + 1))
    claim |= {"status": "paid" if paid == allowed else "partial", "adjudicated_date": day.isoformat()}
    claim |= {
        "allowed_amount": text(allowed),
        "paid_amount": text(paid),
        "patient_responsibility": text(allowed - paid),
    }
    adjust(tables, bill, bill.total - allowed, day, "contractual", "CONTRACTUAL_ADJUSTMENT", "Fee schedule")
    if paid:
        pay(tables, rng, bill, paid, day, "eft", payer_id=payer.payer_id)
    if bill.open > 0:
        _patient_pays(tables, rng, bill, day, end)


def adjust(tables: Tables, bill: Bill, cents: int, day: date, kind: str, category: str, reason: str) -> None:
    """Add an adjustment that lowers what is owed on an invoice."""
    tables.add(
        "adjustments", adjustment_id=tables.number("ADJ"), hospital_id=bill.hospital.hospital_id,
        invoice_id=bill.row["invoice_id"], patient_id=bill.patient.patient_id, adjustment_date=day.isoformat(),
        amount=text(cents), kind=kind, category=category, reason=reason,
    )  # fmt: skip
    bill.settle(cents, day)


def _patient_pays(tables: Tables, rng: Random, bill: Bill, since: date, end: date) -> None:
    """The patient pays at once, in parts, late, ahead of the invoice, too much, or not at all."""
    way = rng.randrange(100)
    if way < 14:
        return
    ahead = way < 16 and since == bill.day
    day = since - timedelta(days=rng.randrange(1, 10)) if ahead else since + timedelta(days=_delay(rng, way))
    parts = rng.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 6)) if bill.open > 10_000 else 1
    if parts >= 3 and bill.due:
        _instalments(tables, rng, bill, parts)
    for number in range(parts):
        if day > end or (number == parts - 1 and parts > 1 and rng.randrange(100) < 15):
            return
        if rng.randrange(1_000) < 15:
            pay(tables, rng, bill, bill.open // (parts - number), day, "card", status="failed")
            day = min(day + timedelta(days=2), end)
        _one_payment(tables, rng, bill, bill.open // (parts - number), day, end)
        day += timedelta(days=rng.randrange(20, 40))


def _delay(rng: Random, way: int) -> int:
    if way < 45:
        return rng.randrange(0, 4)
    return rng.randrange(10, 45) if way < 85 else rng.randrange(60, 200)


def _instalments(tables: Tables, rng: Random, bill: Bill, parts: int) -> None:
    """Agree on a schedule over the whole invoice; the first instalment carries the rounding. A few do not add up."""
    part = bill.total // parts
    forgotten = part // 2 if rng.randrange(100) < 2 else 0
    for number in range(parts):
        due = (bill.due or bill.day) + timedelta(days=30 * number)
        cents = bill.total - part * (parts - 1) - forgotten if number == 0 else part
        tables.add(
            "payment_schedules", hospital_id=bill.hospital.hospital_id, invoice_id=bill.row["invoice_id"],
            due_date=due.isoformat(), amount=text(cents),
        )  # fmt: skip


def _one_payment(tables: Tables, rng: Random, bill: Bill, cents: int, day: date, end: date) -> None:
    if cents <= 0:
        return
    method, chance = rng.choice(_METHODS), rng.randrange(1_000)
    if (end - day).days < 3 and method in ("check", "online"):
        pay(tables, rng, bill, cents, day, method, status="pending")
    elif chance < 7:
        _overpay(tables, rng, bill, cents, day, end)
    elif chance < 12 and day + timedelta(days=15) <= end:
        refunded = day + timedelta(days=rng.randrange(2, 15))
        pay(tables, rng, bill, cents, day, method, status="refunded", refunded_date=refunded.isoformat())
        pay(tables, rng, bill, cents, refunded, "card")
    else:
        pay(tables, rng, bill, cents, day, method)


def _overpay(tables: Tables, rng: Random, bill: Bill, cents: int, day: date, end: date) -> None:
    extra = share(cents, rng.choice((1_000, 2_500, 5_000))) + 1
    payment = pay(tables, rng, bill, cents + extra, day, "check")
    returned = day + timedelta(days=rng.randrange(10, 60))
    if returned <= end and rng.randrange(2):
        tables.add(
            "refunds", refund_id=tables.number("REF"), hospital_id=bill.hospital.hospital_id,
            payment_id=payment["payment_id"], amount=text(extra), refund_date=returned.isoformat(),
        )  # fmt: skip
        bill.settle(-extra, returned)


def _write_off(tables: Tables, rng: Random, bill: Bill, end: date) -> None:
    """Give up on a part of the old balances; a few patients pay after all."""
    if bill.open <= 0:
        return
    day = bill.last_event + timedelta(days=rng.randrange(190, 300))
    if day > end or rng.randrange(100) < 25:
        return
    small = bill.open <= 2_500
    category = "SMALL_BALANCE" if small else rng.choice(("BAD_DEBT", "BAD_DEBT", "CHARITY_CARE", "UNCOLLECTIBLE"))
    given_up = bill.open
    adjust(tables, bill, given_up, day, "write_off", category, "Collection closed")
    bill.row["status"] = "written_off"
    later = day + timedelta(days=rng.randrange(10, 90))
    if later <= end and rng.randrange(100) < 4:
        pay(tables, rng, bill, share(given_up, 4_000), later, "check")


def _close(rng: Random, bill: Bill, end: date) -> None:
    """Set status, the source's own balance (wrong now and then) and the time of the last change."""
    if bill.counts and bill.row["status"] != "written_off":
        bill.row["status"] = _status(rng, bill, end)
    if bill.counts and bill.open > 0 and rng.randrange(100) < 2:
        bill.row["disputed"] = "true"
    shown = max(bill.open, 0) if bill.counts else 0
    wrong = 1_000 if rng.randrange(1_000) < 3 else 0
    bill.row["balance"] = text(shown + wrong)
    changed = calendar.moment(rng, min(bill.last_event, end), bill.hospital.utc_offset)
    bill.row["updated_at"] = max(changed, bill.row["created_at"])


def _status(rng: Random, bill: Bill, end: date) -> str:
    if bill.open <= 0:
        return "paid"
    overdue = (end - (bill.due or bill.day)).days
    if overdue > 120 and rng.randrange(2):
        return "in_collection"
    if overdue > 0:
        return "overdue"
    if bill.open < bill.total:
        return "partial"
    return "issued" if (end - bill.day).days < 3 else "sent"
