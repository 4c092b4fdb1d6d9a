"""How payments meet invoices: by link, or on the oldest debt first. A ledger of its own, small enough to add up by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from sqlalchemy import Connection, create_engine, text

from portal.queries.aging import aging, aging_page
from portal.queries.open_items import AgingFilter, Allocation

TABLES = (
    "fct_receivable_events", "fct_invoices", "fct_payments", "fct_invoice_balances", "fct_receivables_aging",
    "fct_payment_schedules", "fct_write_offs",
)  # fmt: skip
INVOICES = {"A": ("P1", "2026-01-31"), "B": ("P1", "2026-02-28"), "C": ("P2", "2026-03-15")}
LAST = date(2026, 3, 31)
Ledger = Callable[..., Connection]


@pytest.fixture
def ledger(reports_database: str) -> Iterator[Ledger]:
    """Make a ledger of (item, kind, amount, day) beside the published one; it goes when the test ends."""
    engine = create_engine(reports_database)
    with engine.connect() as connection:
        connection.execute(text("create schema scratch"))
        for table in TABLES:
            connection.execute(text(f"create table scratch.{table} as select * from marts_b1.{table} with no data"))
        for table in ("dim_aging_buckets", "dim_hospitals"):
            connection.execute(text(f"create view scratch.{table} as select * from marts_b1.{table}"))
        connection.execute(
            text("select set_config('search_path', 'scratch', true), set_config('daybook.build', '1', true)")
        )
        for number, (patient, due) in INVOICES.items():
            _insert(
                connection, "fct_invoices", invoice_key=_key(number), hospital_id="H1", invoice_id=number, patient_id=patient,
                invoice_date=date(2026, 1, 1), due_date=date.fromisoformat(due), aging_date=date.fromisoformat(due),
                is_due_date_missing=False,
            )  # fmt: skip

        def fill(*events: tuple[str, str, str, str]) -> Connection:
            for place, (item, kind, amount, day) in enumerate(events):
                is_invoice = item in INVOICES
                bill_due = date.fromisoformat(INVOICES[item][1]) if kind == "billed" else None
                _insert(
                    connection, "fct_receivable_events", event_key=_key(f"event {place}"), item_key=_key(item), hospital_id="H1",
                    due_date=bill_due, is_reversal=False, booked_at=day,
                    currency="USD", event_type=kind, amount=Decimal(amount), invoice_key=_key(item) if is_invoice else None,
                    payment_key=None if is_invoice else _key(item), effective_date=date.fromisoformat(day),
                    booked_date=date.fromisoformat(day), patient_id=item.partition(":")[2] or None,
                )  # fmt: skip
            return connection

        yield fill
        connection.rollback()
    engine.dispose()


def _key(name: str) -> Any:
    return uuid5(NAMESPACE_OID, name)


def _insert(connection: Connection, table: str, **row: Any) -> None:
    names = ", ".join(row)
    connection.execute(text(f"insert into {table} ({names}) values ({', '.join(f':{name}' for name in row)})"), row)


def _open(connection: Connection, allocation: Allocation, as_of: date = LAST) -> dict[str, tuple[Decimal, int]]:
    asked = AgingFilter("USD", as_of, known_at=LAST, allocation=allocation)
    return {row.invoice_id: (row.amount_due, row.days_overdue) for row in aging_page(connection, asked, 1, 50)}


def _credits(connection: Connection, allocation: Allocation) -> dict[str, Decimal]:
    report = aging(connection, AgingFilter("USD", LAST, known_at=LAST, allocation=allocation))
    return {bucket.bucket: bucket.amount for bucket in report.credit_buckets if bucket.amount}


BILLED = (("A", "billed", "100", "2026-01-01"), ("B", "billed", "80", "2026-01-10"))
PAID = ("B", "collected", "-120", "2026-03-01")


def test_a_payment_on_the_newer_invoice_is_laid_on_the_older_debt(ledger: Ledger) -> None:
    connection = ledger(*BILLED, PAID)
    assert _open(connection, "linked") == {"A": (Decimal(100), 59)}
    assert _credits(connection, "linked") == {"0-30": Decimal(40)}
    assert _open(connection, "oldest") == {"B": (Decimal(60), 31)}
    assert _credits(connection, "oldest") == {}


def test_money_given_back_opens_the_newest_debt_again(ledger: Ledger) -> None:
    connection = ledger(*BILLED, PAID, ("B", "refunded", "50", "2026-03-10"))
    assert _open(connection, "oldest") == {"A": (Decimal(30), 59), "B": (Decimal(80), 31)}
    assert _open(connection, "oldest", date(2026, 3, 9)) == {"B": (Decimal(60), 9)}


def test_more_given_back_than_came_in_is_owed_on_the_oldest_debt(ledger: Ledger) -> None:
    connection = ledger(*BILLED, PAID, ("B", "refunded", "200", "2026-03-10"))
    assert _open(connection, "oldest") == {"A": (Decimal(180), 59), "B": (Decimal(80), 31)}


def test_money_without_an_invoice_pays_its_patients_debts_and_nobody_elses(ledger: Ledger) -> None:
    connection = ledger(*BILLED, ("C", "billed", "70", "2026-02-01"), ("money:P1", "collected", "-150", "2026-03-01"))
    assert _open(connection, "linked") == {"A": (Decimal(100), 59), "B": (Decimal(80), 31), "C": (Decimal(70), 16)}
    assert _credits(connection, "linked") == {"0-30": Decimal(150)}
    assert _open(connection, "oldest") == {"B": (Decimal(30), 31), "C": (Decimal(70), 16)}


def test_what_is_left_over_is_one_credit_as_old_as_the_day_it_arose(ledger: Ledger) -> None:
    connection = ledger(
        ("A", "billed", "100", "2026-01-01"), ("A", "collected", "-110", "2026-01-20"),
        ("B", "billed", "80", "2026-01-25"), ("B", "collected", "-100", "2026-02-05"),
    )  # fmt: skip
    assert _open(connection, "oldest") == {}
    assert _credits(connection, "oldest") == {"31-60": Decimal(30)}  # from 5 February, 54 days
    assert _credits(connection, "linked") == {"61-90": Decimal(10), "31-60": Decimal(20)}


def test_adjustments_and_write_offs_stay_on_their_invoice(ledger: Ledger) -> None:
    connection = ledger(
        *BILLED, ("B", "written_off", "-80", "2026-02-01"), ("A", "adjusted", "-30", "2026-02-01"), PAID
    )
    assert _open(connection, "oldest") == {}
    assert _credits(connection, "oldest") == {"0-30": Decimal(50)}
