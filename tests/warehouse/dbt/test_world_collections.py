"""The hand-checked world: what was applied to what was billed, by day and by months since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
APPLIED = {
    # I04 is overpaid: 100 of 150. I02 was refunded. I07 and I15 are not billed: what was paid on them is a credit.
    "I01": "40", "I02": "0", "I03": "100", "I04": "100", "I07": "0", "I10": "0", "I12": "40", "I15": "0",
    "I16": "224.50", "I17": "20",
}  # fmt: skip


def test_money_applied_leaves_credits_out(built: Built):
    found = dict(built.rows("select invoice_id, applied_amount from fct_invoices where hospital_id = 'H1'"))
    assert {invoice: found[invoice] for invoice in APPLIED} == {i: Decimal(amount) for i, amount in APPLIED.items()}


def test_contractual_adjustments_are_told_from_the_others(built: Built):
    query = (
        "select invoice_id, adjusted, contractual from fct_invoices"
        " where adjusted <> 0 and hospital_id in ('H1', 'H2') order by 1"
    )
    assert built.rows(query) == [("I10", Decimal(160), Decimal(100)), ("I13", Decimal(200), Decimal(200))]


def test_billed_and_applied_by_hospital(built: Built):
    query = """
        select hospital_id, currency, sum(billed), sum(applied), sum(contractual), sum(invoice_count)
        from rpt_collections_daily where hospital_id in ('H1', 'H2') group by 1, 2 order by 1
    """
    assert built.rows(query) == [
        ("H1", "USD", Decimal(1855), Decimal("524.50"), Decimal(100), 12),
        ("H2", "EUR", Decimal(1010), Decimal(750), Decimal(200), 2),
    ]


def test_what_nobody_can_attribute_is_a_line_of_its_own(built: Built):
    query = """
        select coalesce(d.name, 'Unattributed'), sum(c.billed), sum(c.applied) from rpt_collections_daily c
        left join dim_departments d using (department_key) where c.hospital_id = 'H1' group by 1 order by 1
    """
    assert built.rows(query) == [
        ("Cardiology", Decimal(200), Decimal(140)),
        ("Laboratory", Decimal(100), Decimal(0)),
        ("Unattributed", Decimal(1555), Decimal("384.50")),
    ]


def test_the_lag_triangle_has_every_cell(built: Built):
    query = """
        select billed_month, months_since, as_of_date, billed, applied, applied_to_date, rate
        from fct_collection_lag where hospital_id = 'H1' and billed_month >= '2026-01-01' order by 1, 2
    """
    end = (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31))
    expected = [
        # I02 goes back in March and I12's 40 come in: 360 - 100 + 40.
        (JANUARY, 0, end[0], "710", "360", "360", "50.70"),
        (JANUARY, 1, end[1], "710", "0", "360", "50.70"),
        (JANUARY, 2, end[2], "710", "-60", "300", "42.25"),
        # I16: 300 less 50 in February, less 25.50 in March.
        (FEBRUARY, 0, end[1], "345", "250", "250", "72.46"),
        (FEBRUARY, 1, end[2], "345", "-25.50", "224.50", "65.07"),
        (MARCH, 0, end[2], "200", "0", "0", "0"),
    ]
    assert built.rows(query) == [
        (*where, *map(Decimal, money)) for *where, a, b, c, d in expected for money in [(a, b, c, d)]
    ]
