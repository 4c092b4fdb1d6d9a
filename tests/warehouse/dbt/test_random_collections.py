"""The lag triangle against a reckoning that shares nothing with it: Python, over the rows as they were delivered."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.warehouse.dbt import ledgers, reckoning
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")
STATE = ledgers.STATES[-1]
INVOICES = {row["invoice_id"]: row for (table, _), row in STATE.items() if table == "invoices"}
MONTHS = [date(2025 + m // 12, m % 12 + 1, 1) for m in range(16)]
ENDS = [following - timedelta(days=1) for following in MONTHS[1:]]


def _sums(kinds: tuple[str, ...], day: date) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for item, kind, when, amount in reckoning.everything(STATE):
        if kind in kinds and when <= day:
            found[item] += amount
    return found


def _triangle() -> dict[tuple[date, date], Decimal]:
    """Money applied to date, by month of the invoice and end of month: never above what was owed, nor above the bill."""
    billed = _sums(("billed",), ledgers.BUSINESS_DATE)
    cells: dict[tuple[date, date], Decimal] = defaultdict(Decimal)
    for end in ENDS:
        balances = reckoning.balances(STATE, end)
        for item, amount in _sums(("received",), end).items():
            if item in INVOICES:
                owed = balances.get(item, Decimal(0)) - amount
                applied = max(Decimal(0), min(-amount, owed, billed[item]))
                month = INVOICES[item]["invoice_date"].replace(day=1)
                # A month before the invoice's own is its own.
                if month <= end:
                    cells[month, end] += applied
    return cells


def test_the_random_ledgers_have_what_makes_the_triangle_hard():
    raised = [row for (table, _), row in STATE.items() if table == "adjustments" and row["amount"] < 0]
    cancelled = [row for row in INVOICES.values() if row["status"] == "cancelled" and row["cancelled_date"]]
    overpaid = [item for item, balance in reckoning.balances(STATE, ledgers.BUSINESS_DATE).items() if balance < 0]
    assert min(len(raised), len(cancelled), len(overpaid)) > 0


def test_every_cell_equals_the_reckoning(built: Built):
    query = """
        select billed_month, as_of_date, applied_to_date from fct_collection_lag
        where hospital_id = 'R1' order by 1, 2
    """
    found = {(month, end): amount for month, end, amount in built.rows(query)}
    reckoned = _triangle()
    assert {cell: amount for cell, amount in found.items() if amount} == {c: a for c, a in reckoned.items() if a}
    assert len(found) > 100
    assert all(end in ENDS for _, end in found)


def test_the_steps_of_a_cohort_add_up_to_its_level(built: Built):
    query = """
        select billed_month, months_since, applied, applied_to_date from fct_collection_lag
        where hospital_id = 'R1' order by 1, 2
    """
    cells = built.rows(query)
    for (month, since, _, before), (next_month, next_since, step, after) in pairwise(cells):
        if month == next_month:
            assert (next_since, after) == (since + 1, before + step)
        else:
            assert next_since == 0
