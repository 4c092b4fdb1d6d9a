"""The commands as a user types them: one clear sentence, the right exit code, no traceback, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.lock import run_lock
from tests.integration.operations.support import command
from tests.integration.pipeline.small_source import INVOICES, write_source
from tests.integration.pipeline.support import etl, query
from warehouse.settings import ROOT

pytestmark = pytest.mark.usefixtures("database")


def _refused(code: int, *arguments: str) -> str:
    result = etl(*arguments)
    assert result.returncode == code, result.stderr
    message = result.stderr.strip().splitlines()[-1]
    assert message.startswith("etl.py: ") and "Traceback" not in result.stderr
    assert query("select count(*) from ops.batches where state <> 'refused'") == [(0,)]
    return message


def test_a_run_prints_what_became_of_every_row_and_money(tmp_path: Path) -> None:
    result = etl("run", "--source", str(write_source(tmp_path)), "--business-date", "2026-03-10")
    assert result.returncode == 0, result.stderr
    assert "Rows: 9 read = 9 landed + 0 quarantined + 0 duplicates." in result.stdout
    assert "Money: 520.50 read = 520.50 landed + 0.00 quarantined + 0.00 duplicates." in result.stdout
    assert "build 1 is published" in result.stdout
    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert [event["stage"] for event in events if event["event"] == "stage"] == [
        "read", "land", "gate-landed", "build", "gate-candidate", "publish",
    ]  # fmt: skip
    status = json.loads(etl("status", "--json").stdout)
    assert status["running"] is False and status["builds"][0]["business_dates"] == {
        "H1": "2026-03-10",
        "H2": "2026-03-10",
    }
    again = etl("run", "--source", str(tmp_path), "--business-date", "2026-03-10")
    assert "Nothing changed" in again.stdout


def test_a_gate_exits_3_and_names_itself(tmp_path: Path) -> None:
    write_source(tmp_path, invoices=[{**row, "status": "posted"} for row in INVOICES * 2])
    message = _refused(3, "run", "--source", str(tmp_path))
    assert "rejected_rows" in message and "invoices" in message and "Nothing was published" in message


def test_validate_shows_reasons_and_writes_nothing(tmp_path: Path) -> None:
    write_source(tmp_path, invoices=[INVOICES[0], {**INVOICES[1], "total": "12,50"}])
    said = command("validate", "--source", str(tmp_path), "--business-date", "2026-03-10").output
    assert "invoices: 1 rejected, 0.00: invalid_number (total); first at invoices.csv, line 3" in said
    for table in ("ops.etl_process_status", "ops.batches", "quarantine.invoices", "raw.invoices", "phi.patients"):
        assert query(f"select count(*) from {table}") == [(0,)], table


def test_a_second_run_is_told_that_one_is_in_progress(tmp_path: Path) -> None:
    with run_lock():
        message = _refused(75, "run", "--source", str(write_source(tmp_path)))
    assert "in progress" in message


def test_bad_input_is_named_in_one_sentence(tmp_path: Path) -> None:
    source = write_source(tmp_path / "s")
    cases = {
        ("--source", str(tmp_path / "nowhere")): "nowhere",
        ("--source", str(source), "--business-date", "10.3.2026"): "--business-date",
        ("--source", "postgresql+psycopg://nobody:secret@127.0.0.1:9/none"): "127.0.0.1",
        ("--source", str(source), "--mapping", str(tmp_path / "none.yml")): "none.yml",
    }
    for arguments, named in cases.items():
        result = CliRunner().invoke(main, ["run", *arguments])  # in this process: each would import pandas anew
        assert result.exit_code in (1, 2), (arguments, result.stderr)
        assert named in result.stderr.splitlines()[-1] and "secret" not in result.stderr
        assert "Traceback" not in result.stderr
    (source / "payments.csv").unlink()
    assert "payments" in _refused_any(source)
    (source / "payments.csv").write_text("payment_id,amount,status\nR1,1,paid\n", encoding="utf-8")
    assert "payment_date" in _refused_any(source)
    (source / "payments.csv").write_bytes(
        "payment_id,payment_date,amount,status\nJos\xe9,2026-01-01,1,paid\n".encode("latin-1")
    )
    message = _refused_any(source)
    assert "payments.csv" in message and "encoding" in message


def _refused_any(source: Path) -> str:
    result = CliRunner().invoke(main, ["run", "--source", str(source)])
    assert result.exit_code in (1, 2), result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


def test_an_unreachable_warehouse_is_one_sentence(tmp_path: Path) -> None:
    url = "postgresql+psycopg://daybook:secret@127.0.0.1:9/daybook"
    result = etl("run", "--source", str(write_source(tmp_path)), DATABASE_URL=url)
    assert result.returncode == 2
    assert "127.0.0.1:9 does not answer" in result.stderr and "secret" not in result.stderr


def test_commands_that_only_look_start_without_pandas() -> None:
    seen = "import sys, pipeline.cli; print([name for name in ('pandas', 'great_expectations', 'dbt') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
