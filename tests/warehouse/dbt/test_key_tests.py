"""The project's own tests of keys find a missing key, a key twice, a key of nothing; and what fails is kept for people."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.quality.judge import keep_failed_tests
from pipeline.transform import FailedTest
from tests.warehouse.dbt.builds import PROJECT
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")

_NOBODY = "00000000-0000-0000-0000-000000000000"
_ONE_PAYMENT = "where hospital_id = 'H1' and payment_id = 'Y01'"
# Test, damage, what is said of it. A contract would refuse a missing key: it is lifted first.
DAMAGE = [
    (
        "primary_key_int_recoveries_event_key",
        "insert into int_recoveries select * from int_recoveries",
        {"column_name": "event_key", "problem": "not unique", "row_count": "2"},
    ),
    (
        "primary_key_fct_payments_payment_key",
        f"update fct_payments set payment_key = null {_ONE_PAYMENT}",
        {"column_name": "payment_key", "problem": "missing", "row_count": "1"},
    ),
    (
        "primary_key_dim_aging_buckets_bucket",
        "insert into dim_aging_buckets select * from dim_aging_buckets where bucket = '91+'",
        {"column_name": "bucket", "failing_key": "91+", "problem": "not unique", "row_count": "2"},
    ),
    (
        "foreign_keys_fct_payments_",
        f"update fct_payments set invoice_key = '{_NOBODY}' {_ONE_PAYMENT}",
        {"column_name": "invoice_key", "failing_key": _NOBODY, "problem": "not in fct_invoices", "row_count": "1"},
    ),
    (
        "foreign_keys_fct_payments_",
        f"update fct_payments set hospital_id = 'H9' {_ONE_PAYMENT}",
        {"column_name": "hospital_id", "failing_key": "H9", "problem": "not in dim_hospitals", "row_count": "1"},
    ),
    (
        "foreign_keys_rpt_tax_daily_",
        "delete from dim_dates where date_key = '2026-01-15'",
        {"column_name": "tax_date", "failing_key": "2026-01-15", "problem": "not in dim_dates"},
    ),
    (
        "filled_int_allocatable_money_money_key",
        "update int_allocatable_money set money_key = null",
        {"column_name": "money_key", "problem": "missing"},
    ),
    (
        "filled_int_ledger_months_",
        "update int_ledger_months set is_partial = null where hospital_id = 'H1' and month = '2026-01-01'",
        {"column_name": "is_partial", "problem": "missing", "row_count": "1"},
    ),
]


def _compiled(built: Built, test: str) -> str:
    """SQL of the one test whose name is, or begins with, ``test``."""
    found = sorted((built.state / "target" / "compiled").rglob(f"{test}*.sql"))
    assert len(found) == 1, found
    return found[0].read_text(encoding="utf-8")


def _kept(built: Built, query: str, damage: str | None) -> list[dict[str, str]]:
    """Failing keys that a run would keep, after ``damage``; everything is taken back."""
    with built.connect() as connection:
        for column in re.findall(r"set (\w+) = null", damage or ""):
            table = str(damage).split()[1]
            connection.execute(f"alter table {table} alter column {column} drop not null")
        if damage:
            assert connection.execute(damage).rowcount > 0
        found: Any = connection.execute("select max(id) from ops.etl_process_status").fetchone()
        keep_failed_tests(connection, found[0], [FailedTest("a_test", "a_table", 1, "Got 1 result", query)])
        kept: Any = connection.execute("select failing_keys from ops.gate_results where gate = 'dbt:a_test'").fetchone()
        connection.rollback()
    return list(kept[0])


@pytest.mark.parametrize(("test", "damage", "expected"), DAMAGE)
def test_damage_is_found_and_named(built: Built, test: str, damage: str, expected: dict[str, str]):
    query = _compiled(built, test)
    assert _kept(built, query, None) == []
    found = _kept(built, query, damage)
    assert any(expected.items() <= entry.items() for entry in found), found


def test_every_test_of_keys_is_tried_here():
    generic = {path.stem for path in Path(PROJECT / "tests" / "generic").glob("*.sql")}
    assert generic == {name for name in generic for test, _, _ in DAMAGE if test.startswith(name)}


def test_keys_of_other_tests_are_not_kept(built: Built):
    with built.connect() as connection:
        found: Any = connection.execute("select max(id) from ops.etl_process_status").fetchone()
        keep_failed_tests(connection, found[0], [FailedTest("roll_forward_holds", "a_table", 3, "Got 3 results")])
        kept = connection.execute("select failing_keys, observed from ops.gate_results").fetchall()
        connection.rollback()
    assert kept == [([], {"failures": 3})]
