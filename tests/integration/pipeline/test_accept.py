"""A false alarm is let past: exactly that batch, exactly that gate, with a reason, in the audit log."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import GateFailedError
from tests.integration.operations.support import command
from tests.integration.pipeline.small_source import DAY, INVOICES, PAYMENTS, write_source
from tests.integration.pipeline.support import etl, query, run
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("published_database")


def _accept(number: int, gate: str, reason: str = "a clinic has left", code: int = 0) -> str:
    ended = command("accept", str(number), "--gate", gate, "--reason", reason, "--by", "Ada", code=code)
    return ended.output if code == 0 else ended.error


def _failed_gates(folder: Path) -> set[str]:
    with pytest.raises(GateFailedError):
        run(folder, DAY)
    return {name for (name,) in query(
        "select gate from ops.gate_results where run_id = (select max(run_id) from ops.gate_results) and not passed"
        " and severity = 'error' and accepted_reason is null"
    )}  # fmt: skip


def test_a_real_drop_passes_once_it_was_accepted_and_nothing_more(tmp_path: Path) -> None:
    smaller = write_source(tmp_path, invoices=INVOICES[:1], payments=PAYMENTS[:1])
    assert _failed_gates(smaller) == {"dropped_rows"}
    refused = query("select count(*) from ops.batches where state = 'refused'")
    assert refused == [(1,)]
    assert "lets the batch of run 2 past" in _accept(2, "dropped_rows")

    # Another gate halts all the same.
    worse = write_source(tmp_path, invoices=[{**INVOICES[0], "total": "x"}], payments=PAYMENTS[:1])
    assert _failed_gates(worse) == {"nothing_left"}

    run(write_source(tmp_path, invoices=INVOICES[:1], payments=PAYMENTS[:1]), DAY)
    kept = "select accepted_reason from ops.gate_results where gate = 'dropped_rows' and not passed order by run_id desc limit 1"
    assert query(kept) == [("a clinic has left",)]
    assert query("select invoice_id from marts.fct_invoices") == [("I1",)]
    assert "is past: run 4 has published since" in _accept(2, "dropped_rows", code=2)

    # Spent: the same again is a new alarm.
    run(write_source(tmp_path), DAY)
    assert _failed_gates(write_source(tmp_path, invoices=INVOICES[:1], payments=PAYMENTS[:1])) == {"dropped_rows"}


def test_an_acceptance_is_on_record(tmp_path: Path) -> None:
    assert _failed_gates(write_source(tmp_path, invoices=INVOICES[:1], payments=PAYMENTS[:1])) == {"dropped_rows"}
    typed = etl("accept", "2", "--gate", "dropped_rows", "--reason", "a clinic has left", "--by", "Ada")
    assert typed.returncode == 0, typed.stderr
    with connect("owner") as connection:
        found = connection.execute(
            "select user_id, action, resource_id, new_values ->> 'gate', new_values ->> 'reason' from portal.audit_log"
        ).fetchall()
    assert found == [("Ada", "gate_accept", "2", "dropped_rows", "a clinic has left")]


def test_what_cannot_be_accepted_says_why(tmp_path: Path) -> None:
    assert "was not halted by a gate" in _accept(1, "dropped_rows", code=2)
    broken = write_source(tmp_path, invoices=[{**row, "total": "oops"} for row in INVOICES])
    assert "nothing_left" in _failed_gates(broken)
    assert "did not fail at gate 'volume'" in _accept(2, "volume", code=2)
    assert "cannot be accepted" in _accept(2, "nothing_left", code=2)
    assert "--reason is empty" in _accept(2, "rejected_rows", reason=" ", code=2)
    assert query("select count(*) from ops.gate_acceptances") == [(0,)]
