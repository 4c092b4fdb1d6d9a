"""The hand-checked world as an accountant reads it: roll-forward, cash receipts, credits, write-offs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portal.queries.aging import CREDIT_BUCKETS
from tests.warehouse.dbt import ledgers, reckoning
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")


def _texts(rows: list[tuple[Any, ...]]) -> list[str]:
    return [" ".join(str(value) for value in row) for row in rows]


def test_each_month_rolls_forward_to_the_next_one(built: Built) -> None:
    figures = built.rows(
        "select to_char(month, 'YYYY-MM'), is_partial, opening, billed, collected, refunded, adjusted, written_off,"
        " recovered, closing, receivables_closing, credits_closing from rpt_roll_forward"
        " where hospital_id = 'H1' order by month"
    )
    assert _texts(figures) == [
        "2025-12 False 0.000 600.000 0.000 0.000 0.000 0.000 0.000 600.000 600.000 0.000",
        "2026-01 False 600.000 810.000 615.000 0.000 160.000 0.000 0.000 635.000 890.000 255.000",
        "2026-02 False 635.000 345.000 300.000 50.000 0.000 100.000 0.000 630.000 885.000 255.000",
        "2026-03 False 630.000 100.000 40.000 125.500 0.000 0.000 40.000 855.500 1110.500 255.000",
    ]


def test_a_month_without_any_event_is_there(built: Built) -> None:
    empty = built.rows(
        "select opening, billed + collected + refunded, closing from rpt_roll_forward"
        " where hospital_id = 'H2' and month = '2026-03-01'"
    )
    assert empty == [(Decimal("60.000"), Decimal(0), Decimal("60.000"))]


def test_buckets_at_the_end_of_a_month(built: Built) -> None:
    buckets = built.rows(
        "select bucket, amount from rpt_aging_month_ends"
        " where hospital_id = 'H1' and month = '2026-02-01' and amount <> 0 order by bucket collate \"C\""
    )
    assert _texts(buckets) == ["1-30 230.000", "31-60 440.000", "credit 255.000", "not_due 215.000"]


def test_receipts_stand_under_their_method_and_those_without_one_too(built: Built) -> None:
    methods = built.rows(
        "select method, sum(received), sum(payment_count), sum(refunded), sum(net) from rpt_cash_receipts"
        " where hospital_id = 'H1' group by method order by method"
    )
    assert _texts(methods) == ["card 40.000 1 0.000 40.000", "unknown 915.000 10 175.500 739.500"]


def test_every_open_credit_says_why_it_is_one_and_since_when(built: Built) -> None:
    found = built.rows(
        "select patient_id, invoice_id, payment_id, kind, amount, since_date, age_days, bucket from rpt_credits"
        " where hospital_id = 'H1' order by patient_id, kind"
    )
    assert _texts(found) == [
        "P04 I04 None overpaid 50.000 2026-01-12 78 61-90",
        "P05 None Y05 unapplied 70.000 2026-01-25 65 61-90",
        "P05 I99 Y06 unmatched 80.000 2026-01-26 64 61-90",
        "P07 I07 None cancelled 30.000 2026-01-16 74 61-90",
        "P15 I15 None prepaid 25.000 2026-01-22 68 61-90",
    ]


def test_credits_are_as_old_as_an_independent_reckoning_says(built: Built) -> None:
    """Day by day in Python: the last day on which the balance of the item was not below zero, and the day after."""
    found = built.rows(
        "select case when invoice_key is null then payment_id else invoice_id end, -amount, since_date from rpt_credits"
        " where hospital_id = %s and coalesce(invoice_key, payment_key) is not null",
        ledgers.HOSPITAL,
    )
    state = ledgers.STATES[-1]
    days = sorted({when for _, _, when, _ in reckoning.everything(state) if when <= ledgers.BUSINESS_DATE})
    since: dict[str, Any] = {}
    for day in days:
        balances = reckoning.balances(state, day)
        since = {item: since.get(item, day) for item, balance in balances.items() if balance < 0}
    assert len(found) > 50
    assert {item: day for item, _, day in found} == {item: since[item] for item, _, _ in found}
    today = reckoning.balances(state, ledgers.BUSINESS_DATE)
    assert {item: amount for item, amount, _ in found} == {item: today[item] for item, _, _ in found}


def test_credits_age_on_the_axis_of_the_pages(built: Built) -> None:
    names = {
        age: next(name for name, first, last in CREDIT_BUCKETS if first <= age and (last is None or age <= last))
        for age in range(121)
    }
    found = dict(built.rows("select distinct age_days, bucket from rpt_credits where age_days <= 120"))
    assert found and all(names[age] == bucket for age, bucket in found.items())


def test_a_write_off_and_what_came_in_after_it(built: Built) -> None:
    found = built.rows(
        "select write_off_id, invoice_id, patient_id, amount, category, status, approved_by, effective_date,"
        " booked_at::date, recovered from fct_write_offs where hospital_id = 'H1'"
    )
    assert _texts(found) == ["J5 I12 P11 100.000 OTHER APPROVED billing system 2026-02-15 2026-03-05 40.000"]
    summed = built.rows(
        "select effective_date, amount, write_off_count, recovered from rpt_write_offs where hospital_id = 'H1'"
    )
    assert _texts(summed) == ["2026-02-15 100.000 1 40.000"]


def test_recoveries_of_random_ledgers_belong_to_write_offs(built: Built) -> None:
    assert built.rows("select count(*) > 5 from fct_write_offs where recovered > 0") == [(True,)]
    assert built.rows("select count(*) from fct_write_offs where recovered > greatest(amount, 0) or recovered < 0") == [
        (0,)
    ]
