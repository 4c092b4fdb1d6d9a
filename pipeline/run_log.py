"""The record of a run in ``ops``: its row, its stages, its heartbeat."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from warehouse.engine import connect

HEARTBEAT_SECONDS = 10.0
Observer = Callable[[str, dict[str, Any]], None]
"""Told of every stage and step: ``(event, detail)`` with event ``stage``, ``rows`` or ``node``."""


class RunLog:
    """The row of one run in ``ops.etl_process_status``, written on a connection of its own.

    It survives whatever happens to the run's transactions: each write commits at once.
    """

    def __init__(self, run_id: int, instant: datetime, observer: Observer | None = None) -> None:
        self.run_id = run_id
        self.instant = instant
        self.connection = connect("etl", autocommit=True)
        self._observer = observer
        self._stages = 0
        self._stop = threading.Event()
        self._pulse = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def open(self, sources: list[dict[str, Any]]) -> None:
        """Insert the run's row, with who asked for it in the portal, and start the heartbeat."""
        self.connection.execute(
            "insert into ops.etl_process_status (id, status, started_at, instant, sources, requested_by, backend_pid)"
            " values (%s, 'running', clock_timestamp(), %s, %s,"
            " (select r.requested_by from ops.run_requests r where r.run_id = %s), %s)",
            [self.run_id, self.instant, json.dumps(sources), self.run_id, os.getpid()],
        )
        self._pulse.start()

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Record a stage; yields a dict whose content is stored as its detail when it ends."""
        self._stages += 1
        key = [self.run_id, self._stages]
        self.connection.execute("update ops.etl_process_status set stage = %s where id = %s", [name, self.run_id])
        self.connection.execute(
            "insert into ops.run_stages (run_id, seq, stage, status) values (%s, %s, %s, 'running')", [*key, name]
        )
        self.tell("stage", stage=name)
        detail: dict[str, Any] = {}
        status = "failed"
        try:
            yield detail
            status = "completed"
        except Exception as error:
            status = "stopped" if getattr(error, "exit_code", 1) == 3 else "failed"
            raise
        finally:
            self._close_stage(key, status, detail)

    def _close_stage(self, key: list[Any], status: str, detail: dict[str, Any]) -> None:
        try:
            self.connection.execute(
                "update ops.run_stages set status = %s, finished_at = clock_timestamp(), detail = %s"
                " where run_id = %s and seq = %s",
                [status, json.dumps(detail, default=str), *key],
            )
        except psycopg.OperationalError:
            if status == "completed":
                raise  # otherwise the first error tells more than the lost connection

    def tell(self, event: str, **detail: Any) -> None:
        """Tell the observer (progress bars, structured log lines)."""
        if self._observer:
            self._observer(event, {"run": self.run_id, **detail})

    def finish(self, status: str, outcome: str, exit_code: int, error: str | None = None, records: int = 0) -> None:
        """Close the run's row. ``outcome`` says in a word what became of it (published, unchanged, held, gate, error)."""
        self.connection.execute(
            "update ops.etl_process_status set status = %s, outcome = %s, exit_code = %s, error_message = %s,"
            " records_processed = %s, completed_at = clock_timestamp() where id = %s and status = 'running'",
            [status, outcome, exit_code, error, records, self.run_id],
        )

    def close(self) -> None:
        """Stop the heartbeat and close the connection."""
        self._stop.set()
        if self._pulse.is_alive():
            self._pulse.join()
        self.connection.close()

    def _beat(self) -> None:
        try:
            with connect("etl", autocommit=True) as connection:
                while not self._stop.wait(HEARTBEAT_SECONDS):
                    connection.execute(
                        "update ops.etl_process_status set heartbeat_at = clock_timestamp() where id = %s",
                        [self.run_id],
                    )
        except psycopg.Error:
            return  # the run itself meets the same database and reports it
