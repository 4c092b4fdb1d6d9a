"""The hand-checked world: the three requested tables, and what is shown beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

OUTSTANDING = [
    # hospital, invoice, due, amount, days, bucket, status
    ("H1", "I01", date(2026, 2, 9), "60", 50, "31-60", "overdue"),
    ("H1", "I02", date(2026, 2, 28), "100", 31, "31-60", "overdue"),
    ("H1", "I06", date(2026, 3, 1), "120", 30, "1-30", "overdue"),
    ("H1", "I09", None, "200", 1, "1-30", "overdue"),
    ("H1", "I10", date(2025, 12, 30), "340", 91, "91+", "collection"),
    ("H1", "I11", date(2025, 12, 31), "100", 90, "61-90", "overdue"),
    ("H1", "I16", date(2026, 3, 31), "75.50", 0, "not_due", "not_due"),
    ("H1", "I17", date(2026, 2, 25), "70", 34, "31-60", "overdue"),
    ("H1", "I18", date(2026, 4, 10), "45", 0, "not_due", "not_due"),
    ("H2", "I01", date(2026, 4, 5), "10", 0, "not_due", "not_due"),
    ("H2", "I13", date(2026, 2, 9), "50", 50, "31-60", "overdue"),
]


def test_every_open_invoice_is_listed_with_its_age(built: Built):
    rows = built.rows(
        "select hospital_id, invoice_id, due_date, amount_due, days_overdue, bucket, payment_status"
        " from outstanding_payments where hospital_id in ('H1', 'H2') order by 1, 2"
    )
    assert rows == [(h, i, due, Decimal(amount), *rest) for h, i, due, amount, *rest in OUTSTANDING]


def test_a_missing_due_date_ages_from_the_invoice_date_and_is_flagged(built: Built):
    query = "select due_date, aging_date, is_due_date_missing from fct_invoices where invoice_id = 'I09'"
    assert built.rows(query) == [(None, date(2026, 3, 30), True)]


def test_buckets_of_a_past_day(built: Built):
    query = """
        select distinct on (bucket) bucket, amount from fct_receivables_aging
        where hospital_id = 'H1' and as_of_date <= '2026-01-31' order by bucket, as_of_date desc
    """
    # 31 January: I10 and I11 due in December, the rest not due (I12 on the day itself); I18 counts from 3 February only.
    assert dict(built.rows(query)) == {
        "not_due": Decimal(450),  # 60 + 0 (I02 paid) + 120 + 100 (I08) + 100 (I12) + 70
        "1-30": Decimal(0),
        "31-60": Decimal(440),
        "outstanding": Decimal(890),
        "credit": Decimal(255),
    }


def test_revenue_by_day(built: Built):
    query = """
        select date_key, total_revenue, payment_count, average_payment, refunded_amount, net_revenue, billed_amount, invoice_count
        from revenue_metrics where hospital_id = 'H1' and date_key in ('2026-01-10', '2026-02-01', '2026-03-02', '2026-03-05')
        order by 1
    """
    found = [(day.isoformat(), *map(float, figures)) for day, *figures in built.rows(query)]
    assert found == [
        ("2026-01-10", 100, 1, 100, 0, 100, 420, 4),
        ("2026-02-01", 300, 1, 300, 0, 300, 300, 1),
        ("2026-03-02", 0, 0, 0, 0, 0, -100, 0),
        ("2026-03-05", 0, 0, 0, 100, -100, 0, 0),
    ]


def test_totals_of_both_hospitals(built: Built):
    query = """
        select hospital_id, currency, sum(total_revenue), sum(refunded_amount), sum(billed_amount), sum(payment_count)
        from revenue_metrics where hospital_id in ('H1', 'H2') group by 1, 2 order by 1
    """
    assert built.rows(query) == [
        ("H1", "USD", Decimal(955), Decimal("175.50"), Decimal(1855), 11),
        ("H2", "EUR", Decimal(750), Decimal(0), Decimal(1010), 2),
    ]


def test_revenue_goes_to_the_department_that_earned_it(built: Built):
    query = """
        select coalesce(d.name, 'Unattributed'), sum(r.revenue), sum(r.item_count) from rpt_revenue_daily r
        left join dim_departments d using (department_key)
        where r.hospital_id = 'H1' and r.basis = 'billed' group by 1 order by 1
    """
    assert built.rows(query) == [
        ("Cardiology", Decimal(200), 2),
        ("Laboratory", Decimal(100), 1),
        ("Unattributed", Decimal(1555), 10),
    ]


def test_the_ways_of_attribution(built: Built):
    query = (
        "select invoice_id, attribution from fct_invoices where hospital_id = 'H1' and invoice_id <= 'I08' order by 1"
    )
    assert dict(built.rows(query)) == {
        "I01": "invoice", "I02": "appointment", "I03": "same_day", "I04": "none", "I06": "none", "I07": "none", "I08": "none",
    }  # fmt: skip


def test_collected_money_goes_by_who_paid(built: Built):
    query = """
        select coalesce(p.name, 'patient'), sum(r.revenue) from rpt_revenue_daily r left join dim_payers p using (payer_key)
        where r.hospital_id = 'H2' and r.basis = 'collected' group by 1 order by 1
    """
    assert built.rows(query) == [("AOK", Decimal(600)), ("Self", Decimal(150))]


def test_a_patients_history_has_every_payment_in_order(built: Built):
    query = """
        select payment_date, amount, payment_status, method, invoice_id from patient_payment_history
        where hospital_id = 'H1' and patient_id = 'P01' order by payment_date
    """
    assert built.rows(query) == [
        (date(2026, 1, 20), Decimal(40), "paid", "card", "I01"),
        (date(2026, 1, 21), Decimal(11), "pending", None, "I01"),
        (date(2026, 1, 22), Decimal(12), "failed", None, "I01"),
    ]


def test_a_partly_refunded_payment_says_how_much(built: Built):
    query = "select payment_id, refunded_amount, refunded_date from fct_payments where payment_id in ('Y02', 'Y16') order by 1"
    assert built.rows(query) == [
        ("Y02", Decimal(100), date(2026, 3, 5)),
        ("Y16", Decimal("75.50"), date(2026, 3, 1)),
    ]


def test_accounts_tell_patients_apart(built: Built):
    query = """
        select hospital_id, patient_id, birth_year, last_visit_date, open_balance, credit_balance, invoice_count
        from rpt_patient_accounts
        where patient_id in ('P01', 'P05', 'P10', 'P20', 'P02') and hospital_id in ('H1', 'H2') order by 1, 2
    """
    assert built.rows(query) == [
        ("H1", "P01", 1950, None, Decimal(60), Decimal(0), 1),
        ("H1", "P02", None, date(2025, 12, 28), Decimal(100), Decimal(0), 1),
        ("H1", "P05", None, None, Decimal(0), Decimal(150), 0),
        ("H1", "P10", None, None, Decimal(440), Decimal(0), 2),
        ("H1", "P20", 1999, None, Decimal(0), Decimal(0), 0),
        ("H2", "P01", 1980, None, Decimal(10), Decimal(0), 1),
    ]
