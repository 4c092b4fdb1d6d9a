"""In production pipeline and portal have logins of their own: a whole run works with one, and nothing begins without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.operations.support import command
from tests.integration.pipeline.small_source import DAY, write_source
from tests.integration.pipeline.support import outstanding, query, run
from tests.production import production
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("database")


def test_runs_publish_with_a_login_that_owns_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    production(monkeypatch)
    source = write_source(tmp_path / "s")
    assert run(source, DAY).build_id == 1
    assert run(source, "2026-03-11").build_id == 2
    assert len(outstanding()) == 3
    assert query("select session_user::text, current_user::text") == [("own_run", "daybook_etl")]
    owned = query("select distinct tableowner::text from pg_tables where schemaname = 'marts_b2'")
    assert owned == [("daybook_etl",)]


def test_without_one_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    production(monkeypatch)
    monkeypatch.setenv("DAYBOOK_ETL_URL", "")
    refused = command("run", "--source", str(write_source(tmp_path / "s")), "--business-date", DAY, code=2)
    assert refused.error.count("\n") == 1
    assert "DAYBOOK_ETL_URL names no login of its own" in refused.error
    with connect("owner") as owner:
        assert owner.execute("select count(*) from ops.etl_process_status").fetchone() == (0,)
