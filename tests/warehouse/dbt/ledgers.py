"""Random ledgers of a third hospital, R1, from another source: three deliveries, with corrections and deletions.

Always the same ones (seeded), and with them an independent reckoning in Python of what was open on any day.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.warehouse.deliveries import Delivery, Row

HOSPITAL = "R1"
SOURCE = "random"
BUSINESS_DATE = date(2026, 3, 31)
FIRST_DAY = date(2025, 1, 1)
INSTANTS = [
    datetime(2025, 12, 31, 12, tzinfo=UTC),
    datetime(2026, 2, 10, 12, tzinfo=UTC),
    datetime(2026, 3, 31, 12, tzinfo=UTC),
]
Key = tuple[str, str]
State = dict[Key, dict[str, Any]]


def _money(rng: random.Random) -> Decimal:
    return Decimal(rng.randrange(1, 40_000)) / 100


def _days(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def _invoice(rng: random.Random, number: int, last: date) -> dict[str, Any]:
    day = _days(rng, FIRST_DAY, last)
    status = rng.choices(["issued", "paid", "draft", "void", "cancelled"], [60, 25, 5, 3, 7])[0]
    cancelled = _days(rng, day, last) if status == "cancelled" and rng.random() < 0.6 else None
    due = day + timedelta(days=rng.choice([-3, 0, 14, 30, 45])) if rng.random() < 0.85 else None
    return {
        "invoice_id": f"X{number:03}", "patient_id": f"Q{rng.randrange(25):02}", "invoice_date": day, "due_date": due,
        "total": _money(rng), "status": status, "cancelled_date": cancelled, "payer_id": "AOK" if number % 5 == 0 else None,
    }  # fmt: skip


def _payment(rng: random.Random, number: int, last: date) -> dict[str, Any]:
    day = _days(rng, FIRST_DAY, last)
    status = rng.choices(["paid", "refunded", "pending", "failed"], [80, 8, 6, 6])[0]
    return {
        "payment_id": f"Z{number:03}", "invoice_id": f"X{rng.randrange(170):03}" if rng.random() < 0.95 else None,
        "patient_id": f"Q{rng.randrange(25):02}", "payment_date": day, "amount": _money(rng) / 2, "status": status,
        "refunded_date": _days(rng, day, last) if status == "refunded" else None,
    }  # fmt: skip


def _adjustment(rng: random.Random, number: int, last: date) -> dict[str, Any]:
    kind = rng.choice(["contractual", "discount", "other", "write_off", "write_off"])
    amount = _money(rng) / 3 * (1 if kind != "other" or rng.random() < 0.7 else -1)
    return {
        "adjustment_id": f"V{number:03}", "invoice_id": f"X{rng.randrange(150):03}",
        "adjustment_date": _days(rng, FIRST_DAY, last), "amount": amount.quantize(Decimal("0.01")), "kind": kind,
    }  # fmt: skip


_MAKERS = {"invoices": (_invoice, 150), "payments": (_payment, 220), "adjustments": (_adjustment, 60)}


def _make(seed: int = 20260331) -> tuple[list[Delivery], list[State]]:
    rng = random.Random(seed)  # noqa: S311 - the same ledgers every time
    state: State = {}
    deliveries, states = [], []
    for turn, instant in enumerate(INSTANTS):
        rows = _reference() if turn == 0 else []
        for table, (make, count) in _MAKERS.items():
            for number in range(count):
                key = (table, f"{number:03}")
                arrives = rng.random() < (0.8 if turn == 0 else 0.15) or (turn > 0 and key not in state)
                if turn and key in state and rng.random() < 0.04:
                    rows.append(Row(table, {"hospital_id": HOSPITAL, **state.pop(key)}, deleted=True))
                elif arrives:
                    state[key] = make(rng, number, instant.date())
                    rows.append(Row(table, {"hospital_id": HOSPITAL, **state[key]}))
        if turn == 1:
            for number in range(0, 150, 10):
                decided = {"claim_id": f"K{number}", "invoice_id": f"X{number:03}", "payer_id": "AOK", "status": "paid"}
                decided["adjudicated_date"] = _days(rng, FIRST_DAY, instant.date())
                state["claims", f"{number:03}"] = decided
                rows.append(Row("claims", {"hospital_id": HOSPITAL, **decided}))
        last = turn == len(INSTANTS) - 1
        deliveries.append(Delivery(instant, "landed" if last else "accepted", rows, SOURCE, is_building=last))
        states.append({key: dict(values) for key, values in state.items()})
    return deliveries, states


def _reference() -> list[Row]:
    return [
        Row("hospitals", {"hospital_id": HOSPITAL, "name": "Random", "timezone": "UTC", "currency": "USD"}),
        Row("hospitals", {"hospital_id": "H1", "name": "Hudson, newer", "timezone": "America/New_York"}),
        Row("payers", {"payer_id": "AOK", "name": "AOK", "payer_type": "insurance"}),
    ]


DELIVERIES, STATES = _make()
"""Three deliveries of R1, and what the source held after each."""


def movements(state: State) -> Iterable[tuple[str, str, date, Decimal]]:
    """Yield (item, kind, day, effect on the balance) of everything in ``state``; an item is an invoice or a lone payment."""
    invoices = {row["invoice_id"] for (table, _), row in state.items() if table == "invoices"}
    for (table, _), row in state.items():
        if table == "invoices":
            dated = row["status"] == "cancelled" and row["cancelled_date"] is not None
            if row["status"] in ("issued", "paid") or dated:
                yield row["invoice_id"], "billed", row["invoice_date"], row["total"]
            if dated:
                yield row["invoice_id"], "billed", row["cancelled_date"], -row["total"]
        elif table == "payments" and row["status"] in ("paid", "refunded"):
            item = row["invoice_id"] if row["invoice_id"] in invoices else row["payment_id"]
            yield item, "received", row["payment_date"], -row["amount"]
            if row["status"] == "refunded":
                yield item, "received", row["refunded_date"], row["amount"]
        elif table == "adjustments":
            item = row["invoice_id"] if row["invoice_id"] in invoices else row["adjustment_id"]
            yield item, row["kind"], row["adjustment_date"], -row["amount"]


def _first_write_offs(moved: Iterable[tuple[str, str, date, Decimal]]) -> dict[str, date]:
    # A day whose write-offs cancel out is a day without any.
    days: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for item, kind, when, amount in moved:
        if kind == "write_off":
            days[item, when] += amount
    return {item: when for (item, when), amount in sorted(days.items(), reverse=True) if amount}


def balances(state: State, day: date) -> dict[str, Decimal]:
    """Return the balance of every item on ``day``: what is paid after a write-off lifts it, and makes no credit."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    since: dict[str, Decimal] = defaultdict(Decimal)
    invoices = {row["invoice_id"] for (table, _), row in state.items() if table == "invoices"}
    moved = list(movements(state))
    first = _first_write_offs(moved)
    for item, kind, when, amount in moved:
        if when <= day:
            sums[item][kind] += amount
            if kind == "received" and item in first and when >= first[item]:
                since[item] += amount
    found = {}
    for item, kinds in sums.items():
        balance = sum(kinds.values(), Decimal(0))
        if item in invoices:
            balance += max(Decimal(0), min(-balance, -kinds["write_off"], -kinds["received"], -since[item]))
        if balance:
            found[item] = balance
    return found


def aging(state: State, day: date) -> dict[tuple[str, str], tuple[Decimal, int]]:
    """Return (amount, items) by (payer class, bucket) on ``day``; credits under bucket ``credit``."""
    invoices = {row["invoice_id"]: row for (table, _), row in state.items() if table == "invoices"}
    decided = {row["invoice_id"]: row["adjudicated_date"] for (table, _), row in state.items() if table == "claims"}
    first: dict[str, date] = {}
    for item, _, when, _ in movements(state):
        first[item] = min(first.get(item, when), when)
    figures: dict[tuple[str, str], tuple[Decimal, int]] = {}
    for item, balance in balances(state, day).items():
        invoice = invoices.get(item)
        due = (invoice["due_date"] or invoice["invoice_date"]) if invoice else first[item]
        insured = invoice is not None and (invoice["payer_id"] or item in decided)
        owes = "insurance" if insured and not (item in decided and decided[item] <= day) else "patient"
        key = (owes, "credit" if balance < 0 else _bucket((day - due).days))
        amount, count = figures.get(key, (Decimal(0), 0))
        figures[key] = (amount + abs(balance), count + 1)
    return figures


def _bucket(days: int) -> str:
    return next(
        (name for limit, name in ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90")) if days <= limit), "91+"
    )
