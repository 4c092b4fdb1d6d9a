"""The hand-checked world: tax by rate and day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")


def test_tax_by_rate_of_a_hospital_with_a_list(built: Built):
    query = """
        select rate_kind, tax_rate, taxable_amount, tax, invoice_count from rpt_tax_daily
        where hospital_id = 'H2' order by 1
    """
    # 159.66 on 840.34 is 18.9995 %: the 19 % of the list. I01 has no tax.
    assert built.rows(query) == [
        ("listed", Decimal(19), Decimal("840.34"), Decimal("159.66"), 1),
        ("untaxed", Decimal(0), Decimal(10), Decimal(0), 1),
    ]


def test_cancellations_and_credit_notes_take_tax_back_on_their_own_date(built: Built):
    query = """
        select tax_date, tax_rate, taxable_amount, tax, invoice_count from rpt_tax_daily
        where hospital_id = 'H1' and rate_kind = 'derived' order by 1
    """
    # I10 with a credit note of 50 of 500, I01, and I08, cancelled in March; 5 on 95 is 5.26 %.
    assert built.rows(query) == [
        (date(2025, 12, 1), Decimal(10), Decimal("454.55"), Decimal("45.45"), 1),
        (date(2026, 1, 6), Decimal(10), Decimal("-45.455"), Decimal("-4.545"), 0),
        (date(2026, 1, 10), Decimal("5.26"), Decimal(95), Decimal(5), 1),
        (date(2026, 1, 15), Decimal("5.26"), Decimal(95), Decimal(5), 1),
        (date(2026, 3, 2), Decimal("5.26"), Decimal(-95), Decimal(-5), 0),
    ]


def test_every_invoice_that_counts_is_in_the_tax_summary_once(built: Built):
    query = """
        select (select sum(invoice_count) from rpt_tax_daily), (select sum(invoice_count) from revenue_metrics)
    """
    summed, counted = built.rows(query)[0]
    assert summed == counted
