"""Gates judge a table of which only changes were read by all of its rows, not by the few that were read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.quality.judge import halting, judge
from pipeline.quality.landed import landed_gates
from pipeline.settings import thresholds
from tests.integration.landing.clinic_database import ClinicDatabase
from tests.integration.landing.world import Warehouse

_ROWS = 400


def _halted_by(clinic: ClinicDatabase) -> set[str]:
    results = judge(landed_gates(thresholds()), clinic.warehouse.run.run_id)
    assert len(results) > 5
    return {result.gate.name for result in halting(results)}


def test_few_changes_pass_and_a_real_drop_halts(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYBOOK_OVERLAP_HOURS", "0")
    clinic = ClinicDatabase(f"sqlite:///{tmp_path / 'clinic.db'}", warehouse)
    clinic.create("text")
    values = [f"('I{n}', 'H1', 'P1', '2025-06-01', 100, 'issued', '2025-06-01 10:00:00')" for n in range(_ROWS)]
    paid = [f"('Y{n}', 'I{n}', '2025-06-01', 50, 'paid', '2025-06-01 10:00:00')" for n in range(_ROWS)]
    clinic.execute(f"insert into invoices values {', '.join(values)}", f"insert into payments values {', '.join(paid)}")
    clinic.invoice("I0", "2025-06-30 10:00:00")
    clinic.publish()
    assert _halted_by(clinic) == set()

    clinic.invoice("I1", "2025-07-01 13:00:00", total="101.00")
    clinic.invoice("I2", "2025-07-01 13:00:00", status="lost")
    clinic.invoice("I3", "2025-07-01 13:00:00", status="lost")
    count = clinic.publish()["invoices"]
    assert (count.rows_quarantined, count.rows_changed) == (2, 1), "most of what was read is rejected"
    assert _halted_by(clinic) == set()

    clinic.execute("delete from invoices where invoice_id like 'I3%'")
    assert clinic.land(hours=24)["invoices"].rows_deleted > _ROWS / 4
    assert _halted_by(clinic) == {"dropped_rows"}
    warehouse.refuse()
    assert clinic.land(hours=1)["invoices"].rows_deleted > _ROWS / 4, "a refused run's comparison does not count"
