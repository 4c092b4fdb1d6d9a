"""The marts against a reckoning that shares nothing with them: Python, over the rows as they were delivered."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, text

from portal.queries.aging import aging
from portal.queries.open_items import AgingFilter
from tests.warehouse.dbt import ledgers, reckoning
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")
_RANDOM = random.Random(7)  # noqa: S311 - the same days every time
DAYS = sorted({ledgers.FIRST_DAY + timedelta(days=_RANDOM.randrange(560)) for _ in range(60)} | {ledgers.BUSINESS_DATE})
_AGING = """
    select distinct on (payer_class, bucket) payer_class, bucket, amount, invoice_count
    from fct_receivables_aging where hospital_id = 'R1' and as_of_date <= %s
    order by payer_class, bucket, as_of_date desc
"""


def test_the_random_ledgers_hold_every_bucket_and_debtor():
    seen = {key for day in DAYS for key in reckoning.aging(ledgers.STATES[-1], day)}
    assert seen == {
        (owes, bucket)
        for owes in ("insurance", "patient")
        for bucket in ("not_due", "1-30", "31-60", "61-90", "91+", "outstanding", "credit")
    }


def test_aging_of_any_day_equals_the_reckoning(built: Built):
    for day in DAYS:
        found = {(owes, bucket): (amount, count) for owes, bucket, amount, count in built.rows(_AGING, day) if count}
        assert found == reckoning.aging(ledgers.STATES[-1], day), day


def test_balances_of_any_day_equal_the_reckoning(built: Built):
    query = """
        select coalesce(invoices.invoice_id, payments.payment_id, events.adjustment_id), sum(balances.balance)
        from fct_invoice_balances as balances
        left join fct_invoices as invoices on invoices.invoice_key = balances.invoice_key
        left join fct_payments as payments on payments.payment_key = balances.payment_key
        left join stg_adjustments as events on events.adjustment_key = balances.item_key
        where balances.hospital_id = 'R1' and balances.valid_from <= %s and balances.valid_to > %s
        group by 1
    """
    for day in DAYS[::6]:
        assert dict(built.rows(query, day, day)) == reckoning.balances(ledgers.STATES[-1], day), day


@pytest.mark.parametrize("turn", range(len(ledgers.INSTANTS)))
def test_as_of_a_day_known_at_a_day_equals_what_was_delivered_by_then(built: Built, turn: int):
    known = ledgers.INSTANTS[turn].date()
    query = """
        select coalesce(sum(amount), 0) from fct_receivable_events
        where hospital_id = 'R1' and event_type <> 'recovered' and effective_date <= %s and booked_date <= %s
    """
    for day in DAYS[::6]:
        state = ledgers.STATES[turn]
        reckoned = sum((a for _, _, when, a in reckoning.movements(state) if when <= day), Decimal(0))
        assert built.rows(query, day, known)[0][0] == reckoned, day


@pytest.mark.parametrize("turn", range(len(ledgers.INSTANTS)))
def test_aging_known_at_a_day_is_what_was_issued_then(built: Built, turn: int):
    engine = create_engine(built.url)
    with engine.connect() as connection:
        connection.execute(
            text("select set_config('search_path', 'candidate', true), set_config('daybook.build', '1', true)")
        )
        connection.execute(text("set local role daybook_portal"))
        connection.execute(text("set local daybook.hospitals to 'R1'"))
        for day in DAYS[::4]:
            report = aging(connection, AgingFilter("USD", day, known_at=ledgers.INSTANTS[turn].date()))
            found = {bucket.bucket: (bucket.amount, bucket.invoice_count) for bucket in report.buckets}
            found |= {"outstanding": (report.outstanding, report.invoice_count), "credit": (report.credits, 0)}
            assert found == _reckoned(ledgers.STATES[turn], day), day
    engine.dispose()


def _reckoned(state: reckoning.State, day: date) -> dict[str, tuple[Decimal, int]]:
    names = ("not_due", "1-30", "31-60", "61-90", "91+", "outstanding", "credit")
    figures = dict.fromkeys(names, (Decimal(0), 0))
    for (_, bucket), (amount, count) in reckoning.aging(state, day).items():
        known, counted = figures[bucket]
        figures[bucket] = (known + amount, 0 if bucket == "credit" else counted + count)
    return figures


def test_allocations_of_every_story_are_in_the_random_ledgers(built: Built):
    query = """
        select count(*) filter (where amount > 0), count(*) filter (where amount < 0), count(distinct effective_date)
        from fct_receivable_events where hospital_id = 'R1' and source_table = 'allocations'
    """
    taken, given, days = built.rows(query)[0]
    assert taken == given > 20
    assert days > 15
    plain = dict(built.rows("select is_plain, count(*) from int_allocation_entries group by 1"))
    assert min(plain[True], plain[False]) > 2
    assert built.rows("select count(*) > 5 from int_recoveries where hospital_id = 'R1' and amount < 0")[0][0]


def test_outstanding_payments_are_the_open_items_of_the_business_date(built: Built):
    query = "select invoice_id, sum(amount_due) from outstanding_payments where hospital_id = 'R1' group by 1"
    found = dict(built.rows(query))
    reckoned = reckoning.balances(ledgers.STATES[-1], ledgers.BUSINESS_DATE)
    opened = {item: balance for item, balance in reckoned.items() if balance > 0}
    assert sorted(found.values()) == sorted(opened.values())
    assert {item for item in opened if item.startswith("X")} <= set(found)


def test_revenue_of_a_day_is_what_was_received(built: Built):
    found = {
        day: (revenue, count)
        for day, revenue, count in built.rows(
            "select date_key, total_revenue, payment_count from revenue_metrics where hospital_id = 'R1' and payment_count > 0"
        )
    }
    reckoned: dict[date, tuple[Decimal, int]] = {}
    for (table, _), row in ledgers.STATES[-1].items():
        if table == "payments" and row["status"] in ("paid", "refunded"):
            amount, count = reckoned.get(row["payment_date"], (Decimal(0), 0))
            reckoned[row["payment_date"]] = (amount + row["amount"], count + 1)
    assert found == reckoned
