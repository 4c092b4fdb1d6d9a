"""Whole runs over a database: only what changed is read, and a run that a gate halts moves no mark."""

from __future__ import annotations

import csv
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import GateFailedError
from pipeline.run import RunOrder, RunReport, execute
from pipeline.settings import SourceConfig
from tests.integration.pipeline.small_source import DAY, write_source
from tests.integration.pipeline.support import outstanding, query


def _database(path: Path, folder: Path) -> None:
    """The small source as tables of text; each row was changed on the first of March."""
    with sqlite3.connect(path) as connection:
        for file in folder.glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as lines:
                header, *rows = csv.reader(lines)
            marked = file.stem in ("invoices", "payments")
            columns = header + (["updated_at"] if marked else [])
            connection.execute(f"create table {file.stem} ({', '.join(columns)})")
            values = [row + (["2026-03-01 09:00:00"] if marked else []) for row in rows]
            connection.executemany(f"insert into {file.stem} values ({', '.join('?' * len(columns))})", values)


def _run(path: Path) -> RunReport:
    order = RunOrder([SourceConfig("main", f"sqlite:///{path}")], datetime.now(UTC), date.fromisoformat(DAY))
    return execute(order)


def _marks() -> list[tuple[object, ...]]:
    return query(
        "select marks ->> 'invoices', runs_since_comparison from ops.watermarks join ops.batches using (batch_id)"
        " where table_name = 'invoices' and state = 'accepted' order by batch_id desc limit 1"
    )


@pytest.mark.usefixtures("published_database")
def test_a_run_that_a_gate_halts_moves_no_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_KEY_COMPARISON", "1 run")
    folder, path = write_source(tmp_path / "csv"), tmp_path / "clinic.db"
    _database(path, folder)
    assert _run(path).outcome == "published"
    before = outstanding()
    assert _marks() == [("2026-03-01T00:00:00", 0)]

    with sqlite3.connect(path) as connection:
        gone = connection.execute("select * from invoices where hospital_id = 'H1'").fetchall()
        connection.execute("delete from invoices where hospital_id = 'H1'")
        connection.execute("update invoices set updated_at = '2026-03-09 09:00:00'")
    with pytest.raises(GateFailedError, match="dropped_rows"):
        _run(path)
    assert (outstanding(), _marks()) == (before, [("2026-03-01T00:00:00", 0)])
    newest = query(
        "select state, marks ->> 'invoices' from ops.watermarks join ops.batches using (batch_id)"
        " where table_name = 'invoices' order by batch_id desc limit 1"
    )
    assert newest == [("refused", "2026-03-09T00:00:00")]

    with sqlite3.connect(path) as connection:
        connection.executemany(f"insert into invoices values ({', '.join('?' * len(gone[0]))})", gone)
        connection.execute("update invoices set updated_at = '2026-03-01 09:00:00'")
    assert _run(path).outcome == "unchanged"
    assert outstanding() == before
