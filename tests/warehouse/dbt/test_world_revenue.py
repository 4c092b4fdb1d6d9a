"""The hand-checked world: revenue by payer, department and period."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

_BY_PAYER = """
    select r.payer_group, p.name, sum(r.revenue), sum(r.item_count) from rpt_revenue_by_payer r
    left join dim_payers p using (payer_key)
    where r.hospital_id = 'H2' and r.basis = %s and r.split = %s group by 1, 2 order by 1, 2
"""


def test_billed_money_is_split_inside_the_invoice(built: Built):
    # I13: the insurer's 800 are 600 paid and 200 contractual, the patient's 200 are 150 paid and 50 open. I01: 10.
    assert built.rows(_BY_PAYER, "billed", "payer") == [
        ("insurance", "AOK", Decimal(800), 1),
        ("self_pay", None, Decimal(210), 2),
    ]


def test_billed_money_by_whole_invoices(built: Built):
    assert built.rows(_BY_PAYER, "billed", "invoice") == [
        ("insurance", "AOK", Decimal(1000), 1),
        ("self_pay", None, Decimal(10), 1),
    ]


def test_collected_money_by_who_paid_and_by_whole_invoices(built: Built):
    assert built.rows(_BY_PAYER, "collected", "payer") == [
        ("insurance", "AOK", Decimal(600), 1),
        ("self_pay", "Self", Decimal(150), 1),
    ]
    assert built.rows(_BY_PAYER, "collected", "invoice") == [("insurance", "AOK", Decimal(750), 2)]


def test_random_ledgers_have_shares_of_several_kinds(built: Built):
    query = """
        select count(*) filter (where payer_group = 'insurance'), count(*) filter (where payer_group = 'self_pay'),
               count(*) filter (where both_groups = 2)
        from (select s.*, count(*) over (partition by invoice_key) as both_groups from int_invoice_payer_shares s
              join int_invoices i using (invoice_key) where i.hospital_id = 'R1') shares
    """
    insurers, patients, both = built.rows(query)[0]
    assert insurers >= 10
    assert patients >= 50
    assert both >= 4


def test_a_department_with_nothing_is_there_to_be_shown_with_zero(built: Built):
    query = """
        select d.name, coalesce(sum(r.revenue), 0) from dim_departments d
        left join rpt_revenue_daily r on r.department_key = d.department_key and r.basis = 'collected'
             and r.revenue_date between '2026-02-01' and '2026-02-28'
        where d.hospital_id = 'H1' group by 1 order by 1
    """
    assert built.rows(query) == [("Cardiology", Decimal(0)), ("Laboratory", Decimal(0))]
