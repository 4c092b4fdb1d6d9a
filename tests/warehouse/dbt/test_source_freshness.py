"""How old the figures may be: the newest accepted batch of the source that is furthest behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.warehouse.dbt.builds import dbt
from tests.warehouse.dbt.conftest import Built
from warehouse.canonical import TABLES

pytestmark = pytest.mark.xdist_group("dbt")

_BATCH = """
    with run as (
      insert into ops.etl_process_status (status, started_at, instant) values ('completed', %(at)s, %(at)s) returning id
    )
    insert into ops.batches (run_id, source_name, state) select id, %(source)s, %(state)s from run returning run_id
"""


def _freshness(built: Built) -> dict[str, dict[str, Any]]:
    dbt(built.url, built.state, "source", "freshness")
    found = json.loads((built.state / "target" / "sources.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"].removeprefix("source.daybook.raw."): result for result in found}


def _age(result: dict[str, Any]) -> float:
    return float(result["max_loaded_at_time_ago_in_s"])


@pytest.mark.parametrize(
    ("hours", "state", "status"),
    [(1, "accepted", "pass"), (30, "accepted", "warn"), (80, "accepted", "error"), (1, "refused", "error")],
)
def test_the_source_that_is_furthest_behind_decides(built: Built, hours: int, state: str, status: str):
    now = datetime.now(UTC)
    sources = [name for (name,) in built.rows("select distinct source_name from ops.batches where state = 'accepted'")]
    assert sources
    with built.connect() as connection:
        runs = [
            connection.execute(_BATCH, {"at": at, "source": source, "state": state}).fetchone()
            for source, at in zip(sources, [now - timedelta(hours=hours), now, now, now], strict=False)
        ]
        connection.commit()
    try:
        found = _freshness(built)
        assert set(found) == {table.name for table in TABLES}
        assert {result["status"] for result in found.values()} == {status}
        if state == "accepted":
            assert hours * 3600 <= _age(found["invoices"]) < hours * 3600 + 600
    finally:
        with built.connect() as connection:
            ids = [run[0] for run in runs if run]
            connection.execute("delete from ops.batches where run_id = any(%s)", (ids,))
            connection.execute("delete from ops.etl_process_status where id = any(%s)", (ids,))
            connection.commit()
