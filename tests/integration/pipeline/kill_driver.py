"""Runs in processes of their own that kill themselves, as ``kill -9`` would, when they reach a given point.

They are forked from one process that has imported what a run needs: importing it for each would take longer than the runs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import UTC, date, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from tests.integration.pipeline.support import without_data_tests

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["dbt.cli.main", "great_expectations", "tests.integration.pipeline.kill_driver"])


def start(location: Path, day: str, event: str = "never", value: str = "") -> ForkServerProcess:
    """Start a run over ``location`` that dies when ``event`` carries ``value`` (stage, table or node name)."""
    driver = _FORKS.Process(target=_run, args=(dict(os.environ), str(location), day, event, value))
    driver.start()
    return driver


def _run(environment: dict[str, str], location: str, day: str, event: str, value: str) -> None:
    def observe(seen: str, detail: dict[str, Any]) -> None:
        if seen == event and value in detail.values():
            os.kill(os.getpid(), signal.SIGKILL)

    os.environ.update(environment)  # what this process was forked from may have begun under another one
    order = RunOrder([SourceConfig("main", location)], datetime.now(UTC), date.fromisoformat(day))
    with without_data_tests():
        execute(order, observe)
