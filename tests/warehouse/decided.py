"""A hospital whose write-offs are decided in the portal: V1 to V8, each a case of MONEY 16 to 18, worked out by hand.

W1 keeps its books in Los Angeles. Everything is decided on 10 March 03:00 UTC, which is 9 March there; V3's is taken back on
18 March. The billing system tells its postings on 20 March, and corrects some on 31 March, in the build in progress.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg

from tests.warehouse.deliveries import Delivery, Row
from tests.warehouse.world import THIS_RUN

HOSPITAL = "W1"
BUSINESS_DATE = date(2026, 3, 31)
_SOURCE = "west"
_DECIDED = datetime(2026, 3, 10, 3, tzinfo=UTC)
_SHOWN = datetime(2026, 3, 9, 20, tzinfo=UTC)
_FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
_POSTED = datetime(2026, 3, 20, 12, tzinfo=UTC)


def _invoice(number: str, total: str) -> Row:
    values = {
        "hospital_id": HOSPITAL, "invoice_id": number, "patient_id": f"P{number}", "invoice_date": date(2026, 1, 2),
        "due_date": date(2026, 2, 1), "total": total, "status": "issued",
    }  # fmt: skip
    return Row("invoices", values)


def _posting(number: str, invoice: str, day: str, amount: str, deleted: bool = False, **more: Any) -> Row:
    values = {
        "hospital_id": HOSPITAL, "adjustment_id": number, "invoice_id": invoice, "kind": "write_off", "amount": amount,
        "adjustment_date": date.fromisoformat(day), **more,
    }  # fmt: skip
    return Row("adjustments", values, deleted)


DELIVERIES = [
    Delivery(
        _FIRST,
        "accepted",
        [
            Row("hospitals", {
                "hospital_id": HOSPITAL, "name": "Westside", "timezone": "America/Los_Angeles", "currency": "USD",
            }),
            _invoice("V1", "300"), *(_invoice(f"V{number}", "100") for number in range(2, 9)),
            _posting("B6", "V6", "2026-02-20", "20"),
        ],
        _SOURCE,
    ),
    Delivery(
        _POSTED,
        "accepted",
        [
            _posting("B1", "V1", "2026-03-15", "100"),
            Row("payments", {
                "hospital_id": HOSPITAL, "payment_id": "Y2", "invoice_id": "V2", "patient_id": "PV2",
                "payment_date": date(2026, 3, 15), "amount": "40", "status": "paid",
            }),
            _posting("B5", "V5", "2026-03-16", "25", reason="See Daybook-WO-5, less 5.00 paid in cash"),
            _posting("B7", "V7", "2026-03-17", "50"),
            _posting("B8", "V8", "2026-03-17", "50"),
        ],
        _SOURCE,
    ),
    Delivery(
        THIS_RUN,
        "landed",
        [
            _posting("B7", "V7", "2026-03-17", "50", deleted=True),
            _posting("B8", "V8", "2026-03-17", "45"),
        ],
        _SOURCE,
        is_building=True,
    ),
]  # fmt: skip

# (id, invoice, amount, category, effective date, decided at, whether the build contains it)
_WRITE_OFFS = [
    (1, "V1", "100", "BAD_DEBT", "2026-03-09", _DECIDED, True),
    (2, "V2", "100", "UNCOLLECTIBLE", "2026-03-09", _DECIDED, True),
    (3, "V3", "100", "CHARITY_CARE", "2026-03-09", _DECIDED, True),
    (4, "V4", "60", "BAD_DEBT", "2026-03-09", _DECIDED, False),
    (5, "V5", "30", "BAD_DEBT", "2026-03-09", _DECIDED, True),
    (7, "V7", "50", "BAD_DEBT", "2026-03-09", _DECIDED, True),
    (8, "V8", "50", "BAD_DEBT", "2026-03-09", _DECIDED, True),
]
_TAKEN_BACK = (9, "V3", "100", "CHARITY_CARE", "2026-03-18", datetime(2026, 3, 18, 18, tzinfo=UTC), True)


def load(connection: psycopg.Connection[Any]) -> None:
    """Insert the decisions as the portal would have, and those that the build in progress contains."""
    asker, approver = (
        connection.execute(
            "insert into portal.users (email, password, fs_uniquifier) values (%s, '', %s) returning id",
            [f"{name}@example.org", name],
        ).fetchone()[0]  # type: ignore[index]
        for name in ("asker", "approver")
    )
    for write_off in _WRITE_OFFS:
        _insert(connection, write_off, asker, approver)
    _insert(connection, _TAKEN_BACK, asker, approver, reverses=3)
    connection.commit()


def _insert(
    connection: psycopg.Connection[Any],
    write_off: tuple[Any, ...],
    asker: int,
    approver: int,
    reverses: int | None = None,
) -> None:
    number, invoice, amount, category, effective, decided_at, is_contained = write_off
    kind = "reversal" if reverses else "write_off"
    connection.execute(
        "insert into portal.write_offs (id, kind, reverses_id, hospital_id, source_name, invoice_id, currency, amount,"
        " category, reason, status, requested_by, decided_by, decided_at) overriding system value"
        " values (%s, %s, %s, %s, %s, %s, 'USD', %s, %s, 'agreed', 'APPROVED', %s, %s, %s)",
        [number, kind, reverses, HOSPITAL, _SOURCE, invoice, amount, category, asker, approver, decided_at],
    )
    decision = connection.execute(
        "insert into portal.write_off_decisions (write_off_id, kind, reversed_decision_id, hospital_id, source_name,"
        " invoice_id, currency, amount, category, requested_by, approved_by, decided_at, effective_date, build_id, shown_at)"
        " values (%s, %s, (select decision_id from portal.write_off_decisions where write_off_id = %s), %s, %s, %s, 'USD',"
        " %s, %s, %s, %s, %s, %s, 0, %s) returning decision_id",
        [
            number, kind, reverses, HOSPITAL, _SOURCE, invoice, amount, category, asker, approver, decided_at, effective,
            _SHOWN,
        ],
    ).fetchone()  # fmt: skip
    assert decision is not None
    if is_contained:
        connection.execute(
            "insert into ops.build_decisions (build_id, decision_id) select build_id, %s from ops.builds"
            " where state = 'building'",
            decision,
        )
