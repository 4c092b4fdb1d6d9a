"""The hand-checked world: what every account owes, and the days and instants behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.warehouse.dbt.builds import failures
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

BALANCES = {
    # hospital, invoice: billed, collected, refunded, adjusted, written off, recovered, balance
    ("H1", "I01"): ("100", "40", "0", "0", "0", "0", "60"),
    ("H1", "I02"): ("100", "100", "100", "0", "0", "0", "100"),
    ("H1", "I03"): ("100", "100", "0", "0", "0", "0", "0"),
    ("H1", "I04"): ("100", "150", "0", "0", "0", "0", "-50"),
    ("H1", "I06"): ("120", "0", "0", "0", "0", "0", "120"),
    ("H1", "I07"): ("0", "30", "0", "0", "0", "0", "-30"),
    ("H1", "I08"): ("0", "0", "0", "0", "0", "0", "0"),
    ("H1", "I09"): ("200", "0", "0", "0", "0", "0", "200"),
    ("H1", "I10"): ("500", "0", "0", "160", "0", "0", "340"),
    ("H1", "I11"): ("100", "0", "0", "0", "0", "0", "100"),
    ("H1", "I12"): ("100", "40", "0", "0", "100", "40", "0"),
    ("H1", "I15"): ("0", "25", "0", "0", "0", "0", "-25"),
    ("H1", "I16"): ("300", "300", "75.50", "0", "0", "0", "75.50"),
    ("H1", "I17"): ("90", "20", "0", "0", "0", "0", "70"),
    ("H1", "I18"): ("45", "0", "0", "0", "0", "0", "45"),
    ("H2", "I01"): ("10", "0", "0", "0", "0", "0", "10"),
    ("H2", "I13"): ("1000", "750", "0", "200", "0", "0", "50"),
}


def test_every_model_and_every_dbt_test_passes(built: Built):
    assert failures(built.statuses) == {}
    assert len(built.statuses) > 220


def test_each_invoice_adds_up(built: Built):
    rows = built.rows(
        "select hospital_id, invoice_id, billed, collected, refunded, adjusted, written_off, recovered, balance"
        " from fct_invoices where hospital_id in ('H1', 'H2')"
    )
    expected = {key: tuple(Decimal(figure) for figure in figures) for key, figures in BALANCES.items()}
    assert {(hospital, invoice): tuple(figures) for hospital, invoice, *figures in rows} == expected


def test_money_without_an_invoice_is_an_open_credit(built: Built):
    rows = built.rows(
        "select b.invoice_id, p.payment_id, b.balance, b.valid_from from fct_invoice_balances b"
        " join fct_payments p using (payment_key) where b.hospital_id = 'H1' order by 2"
    )
    assert rows == [(None, "Y05", Decimal(-70), date(2026, 1, 25)), ("I99", "Y06", Decimal(-80), date(2026, 1, 26))]
    unmatched = built.rows("select payment_id from fct_payments where is_unmatched and hospital_id = 'H1' order by 1")
    assert unmatched == [("Y05",), ("Y06",)]


def test_a_payment_before_its_invoice_is_a_credit_until_the_day_before(built: Built):
    query = (
        "select balance, valid_from, valid_to from fct_invoice_balances where hospital_id = 'H1' and invoice_id = 'I03'"
    )
    assert built.rows(query) == [(Decimal(-100), date(2026, 1, 5), date(2026, 1, 10))]


def test_a_correction_is_known_from_its_day_on(built: Built):
    query = """
        select sum(amount) from fct_receivable_events
        where invoice_id = 'I06' and effective_date <= '2026-01-31' and booked_date <= %s
    """
    assert built.rows(query, "2026-01-31") == [(Decimal(100),)]
    assert built.rows(query, "2026-03-04") == [(Decimal(100),)]
    assert built.rows(query, "2026-03-05") == [(Decimal(120),)]


def test_a_moved_date_is_reversed_on_the_old_day_and_said_on_the_new(built: Built):
    query = "select amount, effective_date, is_reversal from fct_receivable_events where invoice_id = 'I18' order by booked_at, 2"
    assert built.rows(query) == [
        (Decimal(45), date(2026, 1, 10), False),
        (Decimal(-45), date(2026, 1, 10), True),
        (Decimal(45), date(2026, 2, 3), False),
    ]


def test_a_cancellation_counts_on_its_date_or_takes_the_bill_back(built: Built):
    query = """
        select amount, effective_date, is_reversal from fct_receivable_events
        where invoice_id = %s and event_type = 'billed'
    """
    assert sorted(built.rows(query, "I08")) == [
        (Decimal(-100), date(2026, 3, 2), False),
        (Decimal(100), date(2026, 1, 15), False),
    ]
    assert sorted(built.rows(query, "I07")) == [
        (Decimal(-100), date(2026, 1, 15), True),
        (Decimal(100), date(2026, 1, 15), False),
    ]


def test_an_invoice_that_is_gone_leaves_its_events_and_no_balance(built: Built):
    query = "select amount, invoice_key, is_reversal from fct_receivable_events where invoice_id = 'I14' order by is_reversal"
    assert built.rows(query) == [(Decimal(33), None, False), (Decimal(-33), None, True)]
    assert built.rows("select 1 from fct_invoices where invoice_id = 'I14'") == []


def test_the_first_load_is_booked_by_the_source(built: Built):
    query = (
        "select booked_at, booked_date from fct_receivable_events where payment_key = (%s) and event_type = 'collected'"
    )
    key = "select payment_key from fct_payments where hospital_id = 'H1' and payment_id = 'Y01'"
    # Stated at 04:30 UTC of 21 January: in New York that is still the 20th.
    assert built.rows(query.replace("(%s)", f"({key})")) == [
        (datetime(2026, 1, 21, 4, 30, tzinfo=UTC), date(2026, 1, 20))
    ]


def test_refused_batches_and_those_of_dead_runs_never_count(built: Built):
    assert built.rows("select total from fct_invoices where hospital_id = 'H1' and invoice_id in ('I11', 'I03')") == [
        (Decimal(100),),
        (Decimal(100),),
    ]
    assert built.rows("select 1 from fct_payments where payment_id = 'Y90'") == []
    assert built.rows("select 1 from fct_invoices where invoice_id = 'I91'") == []


def test_a_payment_relinks_when_its_invoice_arrives(built: Built):
    query = """
        select i.invoice_id, e.patient_id, e.booked_date from fct_receivable_events e
        join fct_invoices i using (invoice_key) where e.invoice_id = 'I17' and e.event_type = 'collected'
    """
    assert built.rows(query) == [("I17", "P17", date(2026, 1, 30))]


def test_the_insurer_owes_until_the_claim_is_decided(built: Built):
    query = (
        "select payer_class, balance, valid_from from fct_invoice_balances where invoice_id = 'I13' order by valid_from"
    )
    assert built.rows(query) == [
        ("insurance", Decimal(1000), date(2026, 1, 10)),
        ("patient", Decimal(200), date(2026, 2, 20)),
        ("patient", Decimal(50), date(2026, 2, 25)),
    ]


def test_a_balance_of_the_source_is_only_compared(built: Built):
    query = """
        select source_balance, balance_difference, is_total_inconsistent from fct_invoices
        where invoice_id = 'I01' order by 1
    """
    assert built.rows(query) == [(Decimal(60), Decimal(0), False), (None, None, False)]


def test_a_bad_new_version_leaves_the_last_good_one_marked_stale(built: Built):
    assert built.rows("select hospital_id, invoice_id, total from fct_invoices where is_stale") == [
        ("H1", "I10", Decimal(500))
    ]


def test_a_hospital_of_two_sources_is_described_by_its_newest_version(built: Built):
    query = "select hospital_id, name, timezone, currency, business_date from dim_hospitals order by 1"
    assert built.rows(query) == [
        ("H1", "Hudson, newer", "America/New_York", "USD", date(2026, 3, 31)),
        ("H2", "Spree Klinik", "Europe/Berlin", "EUR", date(2026, 3, 31)),
        ("R1", "Random", "UTC", "USD", date(2026, 3, 31)),
        ("W1", "Westside", "America/Los_Angeles", "USD", date(2026, 3, 31)),
    ]
