"""``kill -9`` at every stage: the published marts stay as they were, and the next run works as if nothing had been."""

from __future__ import annotations

import signal
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psycopg
import pytest

from tests.integration.pipeline import kill_driver
from tests.integration.pipeline.small_source import DAY, INVOICES, changed, write_source
from tests.integration.pipeline.support import outstanding, published, query, run
from warehouse.engine import connect

_POINTS = [
    ("stage", "read"),
    ("stage", "land"),
    ("rows", "invoices"),
    ("stage", "gate-landed"),
    ("stage", "build"),
    ("node", "fct_receivable_events"),
    ("stage", "gate-candidate"),
    ("stage", "publish"),
]
# Publishing moves the live build's row: whoever holds that row makes it wait inside its transaction.
_HOLD = "select 1 from ops.builds where state = 'live' for update"


def _assert_nothing_is_left(before: str) -> None:
    assert published() == before
    assert query("select count(*) from pg_locks where locktype = 'advisory' and granted") == [(0,)]


@pytest.mark.usefixtures("published_database")
def test_a_run_killed_at_any_stage_publishes_nothing_and_blocks_nothing(tmp_path: Path) -> None:
    before = published()
    write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00"))
    for event, value in _POINTS:
        # Each run starts over what the one before it left, so it also proves that the next run works up to its own end.
        killed = kill_driver.start(tmp_path, DAY, event, value)
        killed.join()
        assert killed.exitcode == -signal.SIGKILL, (event, value)
        _assert_nothing_is_left(before)
    assert run(tmp_path, DAY).outcome == "published"
    assert outstanding()[1] == ("I2", Decimal("200.000"), 7)
    assert query("select outcome, count(*) from ops.etl_process_status group by 1 order by 1") == [
        ("killed", len(_POINTS)), ("published", 2),
    ]  # fmt: skip
    assert query("select count(*) from raw.invoices where known_to is null") == [(3,)]


@pytest.mark.usefixtures("published_database")
def test_a_run_killed_inside_the_publishing_transaction_publishes_nothing(tmp_path: Path) -> None:
    before = published()
    write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00"))
    with connect("owner") as blocker:
        blocker.execute(_HOLD)
        driver = kill_driver.start(tmp_path, DAY)
        _wait_until_it_waits(driver)
        driver.kill()
        driver.join()
    _assert_nothing_is_left(before)
    assert run(tmp_path, DAY).outcome == "published"
    assert outstanding()[1] == ("I2", Decimal("200.000"), 7)


def _wait_until_it_waits(driver: ForkServerProcess) -> None:
    waiting = "select count(*) from pg_locks where not granted"
    while driver.is_alive():
        driver.join(timeout=0.05)
        if query(waiting) != [(0,)]:
            return
    raise AssertionError("the run ended without ever waiting in its publishing transaction")


@pytest.mark.usefixtures("published_database")
def test_a_lost_session_cannot_publish(tmp_path: Path) -> None:
    before = published()
    write_source(tmp_path, invoices=changed(INVOICES, "I2", total="200.00"))
    with connect("owner") as blocker:
        blocker.execute(_HOLD)
        driver = kill_driver.start(tmp_path, DAY)
        _wait_until_it_waits(driver)
        with psycopg.connect(blocker.info.dsn, password=blocker.info.password, autocommit=True) as administrator:
            administrator.execute("select pg_terminate_backend(pid) from pg_locks where not granted")
        driver.join()
        assert driver.exitcode == 1
    _assert_nothing_is_left(before)
