"""The manual run: asked for in the portal's role, carried out by a real worker under the id that was given."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.settings import SourceConfig, remember_sources
from tests.integration.pipeline.small_source import write_source
from tests.integration.pipeline.support import etl, query
from warehouse import jobs
from warehouse.engine import connect, engine
from warehouse.settings import ROOT

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def worker(database: str) -> Iterator[subprocess.Popen[bytes]]:
    """``etl.py worker`` as systemd would start it."""
    process = subprocess.Popen([sys.executable, str(ROOT / "etl.py"), "worker"], stderr=subprocess.DEVNULL)
    yield process
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0, "the worker did not stop on SIGTERM"


def _ask_for_a_run() -> int:
    with engine("portal").begin() as connection:
        run_id = connection.execute(
            text("insert into ops.run_requests (requested_by) values ('admin@example.org') returning run_id")
        ).scalar_one()
        jobs.defer_run(connection, run_id)
    return int(run_id)


def test_a_run_asked_for_is_carried_out_under_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: subprocess.Popen[bytes]
) -> None:
    source = write_source(tmp_path / "s")
    remember_sources([SourceConfig("main", str(source))])
    with connect("etl", autocommit=True) as listener:
        listener.execute("listen daybook_published")
        run_id = _ask_for_a_run()
        build = next(listener.notifies(timeout=120)).payload
    found = query(
        "select status, outcome, build_id::text, requested_by from ops.etl_process_status where id = %s", run_id
    )
    assert found == [("completed", "published", build, "admin@example.org")]
    with engine("portal").connect() as connection:
        assert jobs.worker_alive(connection)


def test_a_second_request_is_refused_while_one_waits() -> None:
    first = _ask_for_a_run()
    with pytest.raises(jobs.RunQueuedError):
        _ask_for_a_run()
    with engine("portal").connect() as connection:
        assert jobs.pending_run(connection) == first
        assert not jobs.worker_alive(connection)


def test_what_a_killed_worker_was_doing_does_not_block_later_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: subprocess.Popen[bytes]
) -> None:
    remember_sources([SourceConfig("main", str(write_source(tmp_path / "s")))])
    with connect("owner", autocommit=True) as owner:
        # As a power cut leaves it: a job in the hands of a worker that has not been heard of for minutes.
        owner.execute(
            "insert into jobs.procrastinate_workers (last_heartbeat) values (clock_timestamp() - interval '5 minutes')"
        )
        owner.execute(
            "insert into jobs.procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)"
            " select %s, %s, %s, '{\"run_id\": 999}', 'doing', max(id) from jobs.procrastinate_workers"
            " where last_heartbeat < clock_timestamp() - interval '1 minute'",
            [jobs.ETL_QUEUE, jobs.RUN_ETL, jobs.RUN_ETL],
        )
        owner.execute("listen daybook_published")
        with engine("portal").connect() as connection:
            assert jobs.pending_run(connection) is None
        run_id = _ask_for_a_run()
        assert next(owner.notifies(timeout=150)).payload == "1"
    assert query("select outcome from ops.etl_process_status where id = %s", run_id) == [("published",)]
    assert query("select status::text from jobs.procrastinate_jobs where args ->> 'run_id' = '999'") == [("failed",)]


def test_status_tells_of_no_run_on_an_empty_warehouse() -> None:
    assert json.loads(etl("status", "--json").stdout) == {
        "running": False,
        "publishing": {"held": False, "held_by": None, "reason": None, "held_at": None},
        "mails": {"waiting": 0, "given_up": 0, "newest_error": None},
        "builds": [],
        "runs": [],
    }
