"""Random ledgers of a third hospital, R1, from another source: three deliveries, with corrections and deletions.

Always the same ones (seeded). What was open on any day is reckoned from them in ``reckoning.py``.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.warehouse.dbt.reckoning import State
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


def _allocation(rng: random.Random, number: int, last: date) -> dict[str, Any]:
    # More than there is, moved on, before the payment, to unknown invoices: all of it happens.
    amount = _money(rng) / 4 * rng.choice([1, 1, 1, 1, -1])
    money = (
        {"adjustment_id": f"V{rng.randrange(60):03}"}
        if number % 10 == 0
        else {"payment_id": f"Z{rng.randrange(40):03}"}
    )
    return {
        "allocation_id": f"L{number:03}", **money, "invoice_id": f"X{rng.randrange(155):03}",
        "amount": amount.quantize(Decimal("0.01")), "allocated_date": _days(rng, FIRST_DAY, last),
    }  # fmt: skip


def _instalment(rng: random.Random, number: int, last: date) -> dict[str, Any]:
    due = FIRST_DAY + timedelta(days=60 + number // 3 * 11 + number % 3 * 30)
    return {
        "invoice_id": f"X{number // 3 * 4:03}",
        "due_date": due,
        "amount": (_money(rng) / 3).quantize(Decimal("0.01")),
    }


_MAKERS = {
    "invoices": (_invoice, 150), "payments": (_payment, 220), "adjustments": (_adjustment, 60),
    "allocations": (_allocation, 90), "payment_schedules": (_instalment, 60),
}  # fmt: skip


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
