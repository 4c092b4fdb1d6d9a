"""What the tests of whole runs share: running, and reading what is published."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import transform
from pipeline.run import RunOrder, RunReport, execute
from pipeline.settings import SourceConfig
from warehouse.engine import connect
from warehouse.settings import ROOT

_WHOLE = transform.BUILD


@contextmanager
def without_data_tests() -> Iterator[None]:
    """Runs in this process build every model and judge every gate, and leave dbt's data tests out.

    Those are about 190 queries and most of what a run costs. They ask whether the models are right, which does not depend on how
    alerts, kills, closes and rollbacks go; they are asked where that is the question: tests/warehouse/dbt, real data, runs
    with odd rows, every ``etl.py`` in a process of its own, and the tests that want ``data_tests``.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transform, "BUILD", (*_WHOLE, "--exclude-resource-type", "test"))
        yield


@contextmanager
def with_data_tests() -> Iterator[None]:
    """Runs in this process are whole again, as users have them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transform, "BUILD", _WHOLE)
        yield


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
