"""The worker: what no request may wait for. Its first job is the run that a person asks for in the portal.

A run is a process of its own: it may use much memory, and killing it must not take the worker along.
"""

from __future__ import annotations

import subprocess
import sys

import structlog

from warehouse import jobs
from warehouse.settings import ROOT

_log = structlog.get_logger("daybook.worker")


def run_etl(run_id: int) -> None:
    """Start ``etl.py run`` under the id that the portal gave, with the configured sources, and wait for it."""
    command = [sys.executable, str(ROOT / "etl.py"), "run", "--run-id", str(run_id)]
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    # A halted or failed run is recorded and alerted by the run itself: the job is done either way.
    _log.info("run ended", run=run_id, exit_code=code)


def work() -> None:
    """Work until told to stop: SIGINT or SIGTERM lets the running job end first."""
    app = jobs.job_app("etl")
    app.task(name=jobs.RUN_ETL, lock=jobs.RUN_ETL)(run_etl)
    app.run_worker(wait=True, delete_jobs="never", install_signal_handlers=True)
