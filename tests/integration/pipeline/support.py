"""What the tests of whole runs share: running, and reading what is published."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.run import RunOrder, RunReport, execute
from pipeline.settings import SourceConfig
from warehouse.engine import connect
from warehouse.settings import ROOT


def run(folder: Path, day: str) -> RunReport:
    """One run over ``folder`` in this process, at business date ``day``."""
    order = RunOrder([SourceConfig("main", str(folder))], datetime.now(UTC), date.fromisoformat(day))
    return execute(order)


def etl(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python etl.py …`` as a user would start it."""
    import os

    return subprocess.run(
        [sys.executable, str(ROOT / "etl.py"), *arguments],
        capture_output=True, text=True, check=False, env=os.environ | environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def query(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, as the pipeline's role."""
    with connect("etl", autocommit=True) as connection:
        return connection.execute(statement, list(values)).fetchall()  # type: ignore[arg-type]


def outstanding() -> list[tuple[Any, ...]]:
    """(invoice, amount due, days overdue) as published, in order of invoice."""
    return query("select invoice_id, amount_due, days_overdue from marts.outstanding_payments order by 1")


def published() -> str:
    """A digest of every row of every published table: equal digests, equal marts."""
    (schema,) = query("select schema_name from ops.builds where state = 'live'")[0]
    tables = query("select tablename from pg_tables where schemaname = %s order by 1", schema)
    parts = [
        query(f"select count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {schema}.{table} t")[
            0
        ]
        for (table,) in tables
    ]
    return f"{schema}: {parts}"
