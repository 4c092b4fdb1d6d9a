"""Each gate can fail: spoil the one thing that it watches in a good build, and it says so, with the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import GateFailedError
from pipeline.quality.candidate import candidate_gates
from pipeline.quality.gate import Gate
from pipeline.quality.identity import look
from pipeline.quality.judge import halting, judge
from pipeline.quality.landed import landed_gates
from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig, thresholds
from tests.conftest import fresh_database
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import query
from warehouse.engine import connect

_SPOILED = [
    ("roll_forward", "update candidate.fct_receivable_events set amount = amount + 0.01 where invoice_id = 'I3'"),
    ("roll_forward", "update candidate.fct_invoice_balances set balance = balance - 0.01 where invoice_id = 'I1'"),
    ("buckets_outstanding", "update candidate.outstanding_payments set amount_due = amount_due + 0.01"),
    ("buckets_outstanding", "delete from candidate.outstanding_payments where invoice_id = 'I2'"),
    ("invoices_source", "delete from candidate.fct_invoices where invoice_id = 'I2'"),
    ("payments_source", "update candidate.fct_payments set amount = amount + 0.01 where payment_id = 'R1'"),
    ("collected_ledger", "update candidate.revenue_metrics set total_revenue = total_revenue - 0.01"),
    ("identity_columns", "alter table candidate.dim_patients add column last_name text"),
    ("identity_values", "update candidate.dim_patients set patient_id = '123-45-6789' where patient_id = 'P1'"),
    ("identity_values", "update candidate.rpt_cash_receipts set method = 'paid by 123-45-6789, in cash'"),
    ("identity_values", "update candidate.dim_hospitals set name = 'see ann@example.org'"),
    ("row_policies", "alter table candidate.fct_payments disable row level security"),
    ("row_policies", "create table candidate.rpt_new as select 'H1'::text as hospital_id"),
]


@pytest.fixture(scope="module")
def published(server: str, published_template: str) -> Iterator[None]:
    """A published build whose schema is called ``candidate`` again, as the gates want it."""
    for _ in fresh_database(server, published_template):
        with connect("owner") as connection:
            connection.execute("alter schema marts_b1 rename to candidate")
        yield


def _candidate_gates() -> list[Gate]:
    with connect("etl") as connection:
        return candidate_gates(thresholds(), look(connection))


@pytest.mark.usefixtures("published")
def test_a_good_candidate_passes_every_gate() -> None:
    results = judge(_candidate_gates(), 1)
    assert [result.gate.name for result in halting(results)] == []
    assert all(result.checked for result in results if result.gate.name != "identity_columns")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("gate", "spoil"), _SPOILED)
def test_a_spoiled_candidate_is_stopped_by_its_gate(gate: str, spoil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect("owner", autocommit=True) as connection:
        connection.execute("create schema if not exists kept")
        # Gates read committed data: spoil for good, judge, and put the schema back from a copy of the table.
        table = spoil.split("candidate.")[1].split(maxsplit=1)[0]
        exists = query("select 1 from pg_tables where schemaname = 'candidate' and tablename = %s", table)
        if exists:
            connection.execute(f"create table kept.{table} as table candidate.{table}")
        try:
            connection.execute(spoil)
            failed = halting(judge([each for each in _candidate_gates() if each.name == gate], 1))
        finally:
            _restore(connection, table, spoil, existed=bool(exists))
    assert [result.gate.name for result in failed] == [gate]
    assert failed[0].failing and "Nothing" not in failed[0].text


def _restore(connection, table: str, spoil: str, *, existed: bool) -> None:  # type: ignore[no-untyped-def]
    if not existed:
        connection.execute(f"drop table if exists candidate.{table}")
        return
    if "add column" in spoil:
        connection.execute(f"alter table candidate.{table} drop column last_name")
    connection.execute(f"delete from candidate.{table}")
    connection.execute(f"insert into candidate.{table} select * from kept.{table}")
    connection.execute(f"alter table candidate.{table} enable row level security")
    connection.execute(f"drop table kept.{table}")


@pytest.mark.usefixtures("published")
def test_money_that_changed_after_landing_is_noticed() -> None:
    watched = [gate for gate in landed_gates(thresholds()) if gate.name == "landed_amounts"]
    assert halting(judge(watched, 1)) == []
    with connect("owner", autocommit=True) as connection:
        connection.execute("update raw.invoices set total = total + 0.01 where record_key = 'I1'")
        try:
            (failed,) = halting(judge(watched, 1))
        finally:
            connection.execute("update raw.invoices set total = total - 0.01 where record_key = 'I1'")
    assert failed.failing[0]["table_name"] == "invoices"


@pytest.mark.usefixtures("published_database", "data_tests")
def test_a_dbt_test_that_fails_halts_the_run_and_keeps_what_failed(tmp_path: Path) -> None:
    """What can only come from a fault of ours: a payment that landed long ago becomes negative while the run goes on."""
    folder = write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00"))

    def damage(event: str, detail: dict[str, Any]) -> None:
        if event == "stage" and detail["stage"] == "build":  # the gates on what landed have passed
            with connect("owner", autocommit=True) as owner:
                owner.execute("update raw.payments set amount = -amount where payment_id = 'R1'")

    order = RunOrder([SourceConfig("main", str(folder))], datetime.now(UTC), date.fromisoformat(DAY))
    with pytest.raises(GateFailedError, match=r"dbt tests failed \(.*amounts_stay_in_range"):
        execute(order, damage)
    assert query("select build_id from ops.builds where state = 'live'") == [(1,)]
    assert query("select status, exit_code from ops.etl_process_status order by id desc limit 1") == [("stopped", 3)]
    kept = "select count(*) > 0 from ops.gate_results where gate = 'dbt:amounts_stay_in_range' and not passed"
    assert query(kept) == [(True,)]
