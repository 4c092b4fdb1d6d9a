"""Runs, gates, refused rows and audit records, query by query: three runs that are written down here, and who may see what.

Run 1 published the build. Gates stopped run 2 for H2 and run 3 for H1; of each, one invoice of 250.50 was refused, and in run 3
also a payment of 10.00 whose hospital could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from portal.queries import etl_details, freshness
from portal.queries.audit_log import AuditFilter, audit_choices, audit_count, audit_page, audit_size, audit_stream
from portal.queries.etl_runs import Hold, count_runs, find_run, hold, running, runs
from portal.queries.gate_history import judged_runs, outcomes
from portal.queries.quarantine import (
    QuarantineFilter,
    QuarantineReason,
    quarantine_count,
    quarantine_page,
    quarantine_reasons,
    quarantine_runs,
)
from tests.portal import world
from tests.portal.reports_world import reading
from warehouse import audit_chain
from warehouse.audit_chain import Entry
from warehouse.engine import connect

Marts = Callable[[str], Connection]
FIRST = datetime(2026, 3, 10, 12, tzinfo=UTC)
REFUSED = Decimal("250.50")
OF_H1, OF_ALL = QuarantineFilter(3, ["H1"]), QuarantineFilter(3, [], everything=True)


@pytest.fixture(scope="module")
def written(module_database: str) -> str:
    """The database with these runs and three audit records: of H1, of H2, and of both."""
    world.publish()
    world.add_finished_run(FIRST, "H2")
    world.add_finished_run(FIRST + timedelta(hours=4), "H1")
    world.add_gate(3, "freshness", passed=False, hospital="H1", severity="warn")
    with connect("owner") as connection:
        connection.execute(
            "insert into quarantine.payments (run_id, batch_id, source_name, hospital_id, file, line, reasons, amount)"
            " select 3, max(batch_id), 'main', null, 'payments.csv', 3, '{unknown hospital}', 10 from ops.batches"
        )
    for who, hospitals in (("ann", ("H1",)), ("bob", ("H2",)), ("eve", ("H1", "H2"))):
        audit_chain.record(b"key", Entry(who, "contact_reveal", "patient", f"P-{who}", hospital_ids=hospitals))
    return module_database


@pytest.fixture
def opened(written: str) -> Iterator[Marts]:
    """Open the build for some hospitals."""
    with reading(written) as connect_for:
        yield connect_for


@pytest.fixture
def connection(opened: Marts) -> Connection:
    """The build, for H1."""
    return opened("H1")


def test_runs_newest_first(connection: Connection) -> None:
    found = runs(connection, limit=10)
    assert [(one.run_id, one.status, one.exit_code, one.build_id) for one in found] == [
        (3, "stopped", 3, None), (2, "stopped", 3, None), (1, "completed", None, 1),
    ]  # fmt: skip
    assert [one.run_id for one in runs(connection, limit=1, offset=1)] == [2]
    assert count_runs(connection) == 3


def test_one_run(connection: Connection) -> None:
    run = find_run(connection, 2)
    assert run is not None
    assert (run.started_at, run.outcome, run.error_message) == (FIRST, "gate", "Gate rejects failed.")
    assert find_run(connection, 4) is None


def test_nothing_runs_and_nothing_is_held(connection: Connection) -> None:
    assert running(connection) is None
    assert hold(connection) == Hold(held=False, held_by=None, reason=None, held_at=None)


def test_what_runs_and_what_is_held(written: str) -> None:
    with connect("owner") as owner:
        run_id = world.add_run(owner, "running")
        owner.execute("update ops.etl_process_status set heartbeat_at = clock_timestamp() where id = %s", [run_id])
        owner.execute("update ops.publishing set held = true, held_by = 'ann', reason = 'odd'")
    try:
        with reading(written) as connect_for:
            connection = connect_for("H1")
            assert running(connection) == run_id
            assert (hold(connection).held, hold(connection).held_by, hold(connection).reason) == (True, "ann", "odd")
    finally:
        with connect("owner") as owner:
            owner.execute("delete from ops.etl_process_status where id = %s", [run_id])
            owner.execute("update ops.publishing set held = false, held_by = null, reason = null")


def test_what_a_run_did(connection: Connection) -> None:
    assert [(one.stage, one.status) for one in etl_details.stages(connection, 3)] == [
        ("read", "completed"), ("land", "completed"),
    ]  # fmt: skip
    assert etl_details.tables(connection, 3) == []  # control totals are of all hospitals together
    connection.execute(text("select set_config('daybook.everything', 'on', true)"))
    (table,) = etl_details.tables(connection, 3)
    assert (table.table_name, table.rows_read, table.rows_landed, table.rows_quarantined, table.rows_duplicate) == (
        "invoices", 10, 7, 2, 1,
    )  # fmt: skip
    assert (table.amount_read, table.amount_quarantined) == (1000, REFUSED)


def test_gates_and_refusals_of_the_own_hospitals(connection: Connection) -> None:
    assert [(one.gate, one.passed) for one in etl_details.gates(connection, 3)] == [
        ("rejects", False), ("freshness", False), ("totals", True),
    ]  # fmt: skip
    assert [one.gate for one in etl_details.gates(connection, 2)] == ["totals"]
    assert [(one.reason, one.row_count, one.amount) for one in etl_details.reasons(connection, 3)] == [
        ("bad date", 1, REFUSED)
    ]
    assert [(one.file, one.line, one.amount) for one in etl_details.rejects(connection, 3)] == [
        ("invoices.csv", 7, REFUSED)
    ]
    assert (etl_details.reasons(connection, 2), list(etl_details.rejects(connection, 2))) == ([], [])


def test_what_a_build_left_out(opened: Marts) -> None:
    # Of the payment nobody can say whose money it is.
    assert freshness.quarantined(opened("H1"), 3) == (
        freshness.Quarantined("invoices", "USD", 1, REFUSED),
        freshness.Quarantined("payments", None, 1, None),
    )
    assert freshness.quarantined(opened("H1"), 1) == ()
    found = freshness.gates(opened("H1"), 3)
    assert (found.passed, found.warned, found.accepted) == (1, 1, 1)
    assert freshness.timezones(opened("H1"), ["H1"]) == ["UTC"]


def test_gates_over_runs(connection: Connection) -> None:
    assert [one.run_id for one in judged_runs(connection, 10)] == [3, 2]
    assert [one.run_id for one in judged_runs(connection, 1)] == [3]
    found = outcomes(connection, [3, 2], ["H1"])
    assert {gate: {run: one.word for run, one in by_run.items()} for gate, by_run in found.items()} == {
        "freshness": {3: "warning"}, "rejects": {3: "failed"}, "totals": {3: "passed", 2: "passed"},
    }  # fmt: skip
    assert (found["rejects"][3].judged, found["rejects"][3].failed) == (1, 1)


def test_refused_rows_by_run_and_reason(opened: Marts) -> None:
    own, every = opened("H1"), opened("H1,H2")
    assert [(one.run_id, one.row_count, one.unknown_count) for one in quarantine_runs(own, ["H1"])] == [
        (3, 1, 1), (2, 0, 0),
    ]  # fmt: skip
    assert [one.row_count for one in quarantine_runs(every, ["H1", "H2"])] == [1, 1]
    assert quarantine_reasons(own, OF_H1) == [QuarantineReason("invoices", "bad date", "H1", 1, REFUSED)]
    assert (quarantine_count(own, OF_H1), quarantine_count(own, QuarantineFilter(2, ["H1"]))) == (1, 0)
    assert [(one.table_name, one.file, one.line) for one in quarantine_page(own, OF_H1, page=1, limit=50)] == [
        ("invoices", "invoices.csv", 7)
    ]
    assert quarantine_page(own, OF_H1, page=2, limit=50) == []
    assert quarantine_count(own, QuarantineFilter(3, ["H1"], reason="unknown hospital")) == 0


def test_audit_records_of_the_own_hospitals(connection: Connection) -> None:
    asked = AuditFilter(["H1"], False, "UTC")
    found = audit_page(connection, asked, page=1, limit=50)
    # What eve did is of H2 too: that it was done is told, and not about what.
    assert [(one.who, one.resource_id, one.withheld) for one in found] == [("eve", None, True), ("ann", "P-ann", False)]
    assert (audit_count(connection, asked), audit_size(connection)) == (2, 2)
    assert list(audit_stream(connection, asked)) == found
    assert audit_page(connection, asked, page=2, limit=1) == found[1:]
    assert audit_count(connection, AuditFilter(["H1"], False, "UTC", resource_id="P-eve")) == 0
    assert audit_choices(connection) == (["contact_reveal"], ["patient"])


def test_audit_records_of_every_hospital(opened: Marts) -> None:
    connection = opened("H1,H2")
    both = AuditFilter(["H1", "H2"], False, "UTC")
    found = audit_page(connection, both, page=1, limit=50)
    assert [(one.who, one.resource_id) for one in found] == [("eve", "P-eve"), ("bob", "P-bob"), ("ann", "P-ann")]
    assert audit_count(connection, replace(both, end=date(2020, 1, 1))) == 0
