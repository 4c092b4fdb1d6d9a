"""Receivables of the hand-checked world (tests/warehouse/world.py), query by query: what is open, how old, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from portal.analytics.periods import DateRange
from portal.queries.aging import Bucket, aging, aging_buckets, aging_page, aging_stream
from portal.queries.collection_rates import Collected, CollectionFilter, collection_rate
from portal.queries.credits import CreditSum, credits_page, credits_stream, open_credits
from portal.queries.decided import shown_balance
from portal.queries.instalments import split_sql
from portal.queries.lags import collection_lag
from portal.queries.ledger import events, invoices
from portal.queries.open_items import AgingFilter
from portal.queries.outstanding import (
    OutstandingFilter,
    OutstandingSum,
    contacts_due,
    outstanding_ages,
    outstanding_page,
    outstanding_stream,
    outstanding_sum,
)
from portal.queries.receivables_since import ReceivablesChange, receivables_changes

Marts = Callable[[str], Connection]
BUSINESS_DATE = date(2026, 3, 31)
LAST_OF_JANUARY = date(2026, 1, 31)
QUARTER = DateRange(date(2026, 1, 1), BUSINESS_DATE)
TODAY = AgingFilter("USD", BUSINESS_DATE)
OLDEST_FIRST = ["I10", "I11", "I01", "I17", "I02", "I06", "I09", "I16", "I18"]
# The schedule of the second is known from April on only.
SCHEDULES = """
    with fct_payment_schedules (invoice_key, due_date, amount, known_from_date, known_to_date) as (values
        (1, date '2026-02-01', 30, date '2026-01-02', date '9999-12-31'),
        (1, date '2026-03-01', 30, date '2026-01-02', date '9999-12-31'),
        (2, date '2026-02-01', 30, date '2026-04-01', date '9999-12-31')
    ),
    whole (account_key, amount, billed, due_date, aging_date) as (values
        (1, cast(:amount as numeric), 100, date '2026-04-01', date '2026-04-01'),
        (2, 75, 100, date '2026-04-01', date '2026-04-01')
    )"""
# 12 to 26 January: between 64 and 78 days ago.
OLD_CREDITS = ["I04", "I07", "I15", None, "I99"]


def _amounts(buckets: tuple[Bucket, ...]) -> dict[str, tuple[str, int]]:
    return {one.bucket: (f"{one.amount:.2f}", one.invoice_count) for one in buckets if one.invoice_count}


def test_today_by_age(marts: Marts) -> None:
    report = aging(marts("H1"), TODAY)
    # I16 75.50 and I18 45; I06 120 and I09 200; I01 60, I02 100 and I17 70; I11 on its 90th day; I10 on its 91st.
    assert _amounts(report.buckets) == {
        "not_due": ("120.50", 2), "1-30": ("320.00", 2), "31-60": ("230.00", 3), "61-90": ("100.00", 1), "91+": ("340.00", 1),
    }  # fmt: skip
    assert _amounts(report.credit_buckets) == {"61-90": ("255.00", 5)}
    assert (report.outstanding, report.current, report.credits) == (Decimal("1110.50"), Decimal("440.50"), Decimal(255))
    assert (report.invoice_count, report.detail_count) == (9, 9)


def test_a_past_day_as_it_is_known_now_and_as_it_was_known_then(marts: Marts) -> None:
    now = aging(marts("H1"), AgingFilter("USD", LAST_OF_JANUARY))
    assert _amounts(now.buckets) == {"not_due": ("450.00", 5), "31-60": ("440.00", 2)}
    assert now.credits == 255
    # The first load had I06 over 100, I14 and I18, and no I17, whose 20 were a credit: what January was closed with.
    then = aging(marts("H1"), AgingFilter("USD", LAST_OF_JANUARY, known_at=date(2026, 2, 1)))
    assert _amounts(then.buckets) == {"not_due": ("508.00", 7), "31-60": ("440.00", 2)}
    assert then.credits == 245


def test_buckets_are_there_without_anything_in_them(marts: Marts) -> None:
    found = aging_buckets(marts("H2"), AgingFilter("EUR", BUSINESS_DATE))
    assert [(one.bucket, one.amount, one.invoice_count) for one in found] == [
        ("not_due", 10, 1), ("1-30", 0, 0), ("31-60", 50, 1), ("61-90", 0, 0), ("91+", 0, 0),
    ]  # fmt: skip


def test_what_is_open_oldest_first(marts: Marts) -> None:
    connection = marts("H1")
    assert [row.invoice_id for row in aging_stream(connection, TODAY)] == OLDEST_FIRST
    third = aging_page(connection, TODAY, page=3, limit=2)
    assert [(row.invoice_id, row.days_overdue, row.amount_due) for row in third] == [("I02", 31, 100), ("I06", 30, 120)]


def test_outstanding_rows_and_their_sum(marts: Marts) -> None:
    connection = marts("H1")
    asked = OutstandingFilter("USD")
    assert outstanding_sum(connection, asked) == OutstandingSum(9, Decimal("1110.50"), Decimal(0), Decimal(0))
    assert [row.invoice_id for row in outstanding_stream(connection, asked)] == OLDEST_FIRST
    second = outstanding_page(connection, asked, page=2, limit=1)
    # P10's other invoice is a day older.
    assert [(row.invoice_id, row.amount_due, row.days_overdue, row.worst_days_overdue, row.bucket) for row in second] == [
        ("I11", 100, 90, 91, "61-90")
    ]  # fmt: skip
    by_age = {age.bucket: (age.amount, age.row_count) for age in outstanding_ages(connection, asked)}
    assert list(by_age) == ["not_due", "1-30", "31-60", "61-90", "91+"]
    assert list(by_age.values()) == [(Decimal("120.50"), 2), (320, 2), (230, 3), (100, 1), (340, 1)]
    large = OutstandingFilter("USD", conditions={"min_amount": 110})
    # I06 120, I09 200 and I10 340.
    assert [age.amount for age in outstanding_ages(connection, large)] == [0, 320, 0, 0, 340]
    old = OutstandingFilter("USD", as_of=LAST_OF_JANUARY)
    assert outstanding_sum(connection, old).amount == 890
    assert contacts_due(connection, "USD") == 0


def test_balances_as_the_build_has_them(marts: Marts) -> None:
    connection = marts("H1")
    (found,) = invoices(connection, "I10")
    assert (found.balance, found.total, found.patient_id, found.is_stale) == (340, 500, "P10", True)
    assert shown_balance(connection, found.invoice_key) == 340
    assert shown_balance(connection, found.invoice_key, date(2026, 1, 6)) == 350
    assert receivables_changes(connection, "USD") == {}


def test_what_was_decided_since_the_build_counts(decided_marts: Marts) -> None:
    """40 of I10, which is over 90 days old, and 30 of I02."""
    connection = decided_marts("H1,H2")
    (found,) = invoices(connection, "I10")
    assert (found.balance, shown_balance(connection, found.invoice_key)) == (300, 300)
    assert receivables_changes(connection, "USD") == {
        "H1": ReceivablesChange("H1", Decimal(-70), Decimal(-40), Decimal(0))
    }
    assert aging(connection, TODAY).outstanding == Decimal("1040.50")
    assert outstanding_sum(connection, OutstandingFilter("USD")).amount == Decimal("1040.50")


def test_an_invoice_and_its_events(marts: Marts) -> None:
    connection = marts("H1,H2")
    first, second = invoices(connection, "I01")
    assert (first.hospital_id, first.balance, first.department, first.provider) == ("H1", 60, "Cardiology", "Dr One")
    assert (second.hospital_id, second.balance, second.currency) == ("H2", 10, "EUR")
    assert [one.hospital_id for one in invoices(connection, "I01", "H2")] == ["H2"]
    (adjusted,) = invoices(connection, "I10")
    found = events(connection, adjusted.invoice_key, BUSINESS_DATE)
    assert [(one.event_type, one.adjustment_kind, one.amount, one.running) for one in found] == [
        ("billed", None, 500, 500), ("adjusted", "contractual", -100, 400), ("adjusted", "credit_note", -50, 350),
        ("adjusted", "discount", -20, 330), ("adjusted", "other", 10, 340),
    ]  # fmt: skip
    assert [one.running for one in events(connection, adjusted.invoice_key, date(2026, 1, 5))] == [500, 400]


def test_credits_by_kind_and_age(marts: Marts) -> None:
    connection = marts("H1")
    report = open_credits(connection, QUARTER, "USD")
    assert report.total == report.all_open == CreditSum(Decimal(255), 5)
    assert {name: one.amount for name, one in report.kinds.items()} == {
        "overpaid": 50, "prepaid": 25, "cancelled": 30, "unmatched": 80, "unapplied": 70,
    }  # fmt: skip
    assert {name: one.count for name, one in report.buckets.items()} == {"0-30": 0, "31-60": 0, "61-90": 5, "91+": 0}
    assert [one.invoice_id for one in credits_stream(connection, report)] == OLD_CREDITS
    late = open_credits(connection, DateRange(date(2026, 1, 20), LAST_OF_JANUARY), "USD")
    assert (late.total, late.all_open) == (CreditSum(Decimal(175), 3), CreditSum(Decimal(255), 5))
    second = credits_page(connection, report, page=2, limit=2)
    assert [(one.invoice_id, one.payment_id, one.amount, one.age_days) for one in second] == [
        ("I15", None, 25, 68), (None, "Y05", 70, 65),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("month", "billed", "applied"),
    [
        # By 31 January 40 + 100 + 100 + 100 + 20; in March I02's 100 went back and 40 came for I12.
        (date(2026, 1, 1), 710, ["360", "360", "300"]),
        # I16: 300 less 50 in February, less 25.50 in March.
        (date(2026, 2, 1), 345, ["250", "224.50"]),
        (date(2026, 3, 1), 200, ["0"]),
    ],
)
def test_months_until_paid(month: date, billed: int, applied: list[str], marts: Marts) -> None:
    cohorts = {cohort.month: cohort for cohort in collection_lag(marts("H1"), QUARTER, "USD", most=6)}
    assert len(cohorts) == 3
    assert cohorts[month].billed == billed
    assert [cell.applied for cell in cohorts[month].cells] == [Decimal(amount) for amount in applied]


def test_what_came_in_for_invoices_of_a_month(marts: Marts) -> None:
    report = collection_rate(marts("H1"), CollectionFilter(QUARTER, "USD"), BUSINESS_DATE)
    assert [step.sums for step in report.steps] == [
        Collected(Decimal(710), Decimal(300), Decimal(0), 7),
        Collected(Decimal(345), Decimal("224.50"), Decimal(0), 2),
        Collected(Decimal(200), Decimal(0), Decimal(0), 1),
    ]
    assert report.total == Collected(Decimal(1255), Decimal("524.50"), Decimal(0), 10)
    december = DateRange(date(2025, 12, 1), date(2025, 12, 31))
    # I10 and I11; 100 of I10 are contractual.
    total = collection_rate(marts("H1"), CollectionFilter(december, "USD"), BUSINESS_DATE).total
    assert (total.billed, total.contractual, total.net_billed, total.count) == (600, 100, 500, 2)


@pytest.mark.parametrize(
    ("amount", "lines"),
    [
        # 100 in 30, 30 and the rest of 40: money fills the first instalment first.
        (75, [("1.1", "02-01", 5), ("1.2", "03-01", 30), ("1.3", "04-01", 40)]),
        (40, [("1.3", "04-01", 40)]),
        # What is open beyond the total is due with the invoice.
        (110, [("1.1", "02-01", 30), ("1.2", "03-01", 30), ("1.3", "04-01", 50)]),
    ],
)
def test_what_is_open_by_instalment(amount: int, lines: list[tuple[str, str, int]], marts: Marts) -> None:
    sql = f"""
        {SCHEDULES}, {split_sql("whole", "date '2026-03-31'")}
        select account_key || '.' || line_no as line, to_char(line_due_date, 'MM-DD') as due, open_amount
        from split where open_amount > 0 order by line"""
    found = marts("H1").execute(text(sql), {"amount": amount}).all()
    assert [tuple(row) for row in found] == [*lines, ("2.1", "04-01", 75)]
