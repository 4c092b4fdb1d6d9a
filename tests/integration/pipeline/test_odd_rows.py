"""Odd rows in a whole run: each has the outcome that docs/mapping.md says, and no total is bent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from tests.conftest import fresh_database
from tests.integration.pipeline.odd_source import write_clashing, write_odd
from tests.integration.pipeline.small_source import DAY
from tests.integration.pipeline.support import query


@pytest.fixture(scope="module")
def odd(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A build of the small source with every odd row, and of a source whose ids clash with it."""
    for _ in fresh_database(server, template):
        sources = [
            SourceConfig("main", str(write_odd(tmp_path_factory.mktemp("odd")))),
            SourceConfig("other", str(write_clashing(tmp_path_factory.mktemp("other")))),
        ]
        assert execute(RunOrder(sources, datetime.now(UTC), date.fromisoformat(DAY))).outcome == "published"
        yield


pytestmark = pytest.mark.usefixtures("odd")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("invoices", [("differs", "conflicting_duplicate")] * 2 + [("negative", "negative_amount")]),
        ("payments", [("negative", "negative_amount"), ("refunded-when", "refunded_without_date"), ("zero", "zero_amount")]),
        ("refunds", [("of-nothing", "unknown_reference")]),
        ("adjustments", [("of-nobody", "missing_required"), ("unknown", "unknown_reference")]),
        ("allocations", [("no-adjustment", "unknown_reference"), ("no-invoice", "unknown_reference"),
                         ("no-payment", "unknown_reference"), ("of-neither", "missing_required")]),
        ("operating_costs", [("2026-01-01", "unknown_hospital")]),
        ("payment_schedules", [("I2|2026-04-01", "zero_amount"), ("nope|2026-04-01", "unknown_reference")]),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_right_are_in_quarantine_for_one_reason(
    table: str, expected: list[tuple[str, str]]
) -> None:
    assert query(f"select record_key, array_to_string(reasons, ',') from quarantine.{table} order by 1") == expected


def test_every_row_and_every_cent_is_accounted_for() -> None:
    balance = query(
        "select sum(rows_read - rows_landed - rows_quarantined - rows_duplicate),"
        " sum(amount_read - amount_landed - amount_quarantined - amount_duplicate), sum(rows_duplicate) from ops.run_tables"
    )
    assert balance == [(0, Decimal(0), 1)]  # the invoice that came twice


def test_totals_are_those_of_the_rows_that_count() -> None:
    billed = Decimal("430.50") + Decimal(10) + 20 + 30 + 4 + 7 + 5
    collected = Decimal("90.00") + Decimal(8) + 10 + 2
    figures = query("select sum(billed_amount), sum(total_revenue), sum(refunded_amount) from marts.revenue_metrics")
    assert figures == [(billed, collected, Decimal(12))]
    assert query("select sum(amount) from marts.fct_receivable_events") == [(billed - collected + 12,)]
    (outstanding,) = query("select sum(amount_due) from marts.outstanding_payments")[0]
    assert outstanding == billed - Decimal("90.00") - 2 - 10 + 12


def test_refunds_above_their_payment_count_and_are_owed_back() -> None:
    found = query("select amount, refunded_amount from marts.fct_payments where payment_id = 'over-refunded'")
    assert found == [(Decimal(10), Decimal(12))]
    assert query("select balance from marts.fct_invoices where invoice_id = 'due-before'") == [(Decimal(12),)]


def test_an_invoice_that_was_due_before_it_was_written_ages_from_its_due_date() -> None:
    found = query(
        "select is_due_before_invoice, days_overdue from marts.fct_invoices join marts.outstanding_payments"
        " using (invoice_key) where fct_invoices.invoice_id = 'due-before'"
    )
    assert found == [(True, 68)]
    assert query("select count(*) from marts.fct_invoices where is_due_before_invoice") == [(1,)]


def test_a_balance_that_contradicts_its_events_is_compared_and_nothing_else() -> None:
    found = query(
        "select balance, source_balance, balance_difference from marts.fct_invoices where invoice_id = 'balance'"
    )
    assert found == [(Decimal(20), Decimal(15), Decimal(-5))]


def test_ids_that_clash_stay_apart_by_hospital_and_source() -> None:
    found = query(
        "select hospital_id, source_name, total, collected from marts.fct_invoices where invoice_id = 'I1' order by 1, 2"
    )
    assert found == [
        ("H1", "main", Decimal(100), Decimal(60)),
        ("H1", "other", Decimal(5), Decimal(2)),
        ("H2", "main", Decimal(7), Decimal(0)),
    ]


def test_money_for_an_unknown_invoice_is_an_open_credit() -> None:
    found = query("select is_unmatched, amount from marts.fct_payments where payment_id = 'unknown-invoice'")
    assert found == [(True, Decimal(8))]
    assert query("select sum(balance) from marts.fct_invoice_balances where invoice_key is null") == [(Decimal(-8),)]


def test_the_run_warns_of_what_contradicts_itself() -> None:
    (gate,) = query("select severity, passed, failing_keys from ops.gate_results where gate = 'odd_rows'")
    assert gate[:2] == ("warn", False)
    assert {(entry["hospital_id"], entry["kind"], entry["found"]) for entry in gate[2]} == {
        ("H1", "balance of the source", "1"),
        ("H1", "due before the invoice date", "1"),
        ("H1", "refunded more than paid", "1"),
        ("H1", "subtotal, tax and discount", "1"),
    }
