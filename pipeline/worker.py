"""The worker: what no request may wait for: the run that a person asks for in the portal, alerts, mails, forecasts, exports.

A run is a process of its own: it may use much memory, and killing it must not take the worker along.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys

import psycopg
import structlog
from procrastinate import App
from procrastinate.jobs import Status

from pipeline import alerts, delivery, mail_server, mails
from warehouse import jobs
from warehouse.engine import connect, scalar
from warehouse.settings import ROOT

_log = structlog.get_logger("daybook.worker")
_TIDY_SECONDS = 30.0
_RETRY_SECONDS = 60.0
_MAIL_SECONDS = 10.0
_FORECAST_SECONDS = 60.0
_FORECAST_RETRY_SECONDS = 600.0
_DRAFTS_SECONDS = 3_600.0
_AT_ONCE = 2  # a run of the pipeline, and beside it a file that somebody waits for
_LOST_FILE = """
update portal.export_log set status = 'failed', problem = %s, finished_at = clock_timestamp()
where id = %s and status in ('waiting', 'running')
"""
_TRACEBACK = "Traceback (most recent call last):"
_PLACE = re.compile(r'^  File "(?:.*/)?([^"/]+)", line (\d+), in', re.MULTILINE)
_KIND = re.compile(r"^[A-Za-z_][\w.]*(?=:|$)", re.MULTILINE)
_WHY_LOST = "The worker could not finish this file, as its log says: ask for it again."


def run_etl(run_id: int) -> None:
    """Start ``etl.py run`` under the id that the portal gave, with the configured sources, and wait for it."""
    command = [sys.executable, str(ROOT / "etl.py"), "run", "--run-id", str(run_id)]
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    # A halted or failed run is recorded and alerted by the run itself: the job is done either way.
    _log.info("run ended", run=run_id, exit_code=code)


def make_export(export_id: int) -> None:
    """Have the portal make a file, in a process of its own; one that ends before it is done is told as failed."""
    if not _portal("export-jobs", "make", str(export_id)):
        _give_up_file(export_id)


def work() -> None:
    """Work until told to stop: SIGINT or SIGTERM lets the running job end first.

    Raises:
        ConfigurationError: if the settings of the mail server cannot be used.
    """
    if mail_server.configured() is None:
        _log.warning("no mail is sent", reason=mails.NO_SERVER)
    asyncio.run(_work())


def job_queue() -> App:
    """Return the queue with every job that a worker does. Open it before use."""
    app = jobs.job_app("etl")
    app.task(name=jobs.RUN_ETL, queue=jobs.ETL_QUEUE, lock=jobs.RUN_ETL)(run_etl)
    app.task(name=jobs.MAKE_EXPORT, queue=jobs.EXPORT_QUEUE, lock=jobs.MAKE_EXPORT)(make_export)
    return app


async def _work() -> None:
    app = job_queue()
    async with app.open_async():
        beside = [
            asyncio.create_task(_tidy(app)),
            asyncio.create_task(_retry_alerts()),
            asyncio.create_task(_send_mails()),
            asyncio.create_task(_keep_forecasts()),
            asyncio.create_task(_forget_drafts()),
        ]
        await app.run_worker_async(concurrency=_AT_ONCE, wait=True, delete_jobs="never", install_signal_handlers=True)
        for task in beside:
            task.cancel()


async def _tidy(app: App) -> None:
    """Give up jobs whose worker was killed: their lock would keep every later job waiting for ever."""
    while True:
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            if job.task_name == jobs.MAKE_EXPORT:
                await asyncio.to_thread(_give_up_file, int(str(job.task_kwargs["export_id"])))
            _log.warning("a job was given up: its worker is gone", job=job.id, arguments=job.task_kwargs)
        await asyncio.sleep(_TIDY_SECONDS)


async def _retry_alerts() -> None:
    """Send again what a mail server or receiver did not take: it may have been down."""
    while True:
        await asyncio.to_thread(_send_pending)
        await asyncio.sleep(_RETRY_SECONDS)


async def _send_mails() -> None:
    while True:
        await asyncio.to_thread(mails.send_waiting)
        await asyncio.sleep(_MAIL_SECONDS)


async def _keep_forecasts() -> None:
    """Have the portal keep its forecasts after each publication, whoever started the run, in a process of its own."""
    kept: int | None = None
    while True:
        build = await asyncio.to_thread(_live_build)
        is_done = build == kept or await asyncio.to_thread(after_publication)
        kept = build if is_done else kept
        await asyncio.sleep(_FORECAST_SECONDS if is_done else _FORECAST_RETRY_SECONDS)


async def _forget_drafts() -> None:
    while True:
        await asyncio.to_thread(forget_drafts)
        await asyncio.sleep(_DRAFTS_SECONDS)


def forget_drafts() -> bool:
    """Run ``flask --app portal case-logs forget-drafts``; it can be repeated. Returns whether it did its work."""
    return _portal("case-logs", "forget-drafts")


def after_publication() -> bool:
    """Have the portal do what a new build gives it to do. Returns whether all of it was done; all of it can be repeated."""
    return all([keep_forecasts(), verify_case_logs(), queue_exports()])


def keep_forecasts() -> bool:
    """Run ``flask --app portal forecast snapshot``; it can be repeated. Returns whether it did its work."""
    return _portal("forecast", "snapshot")


def verify_case_logs() -> bool:
    """Run ``flask --app portal case-logs verify``; it can be repeated. Returns whether it did its work."""
    return _portal("case-logs", "verify")


def queue_exports() -> bool:
    """Run ``flask --app portal export-jobs due``; it can be repeated. Returns whether it did its work."""
    return _portal("export-jobs", "due")


def _give_up_file(export_id: int) -> None:
    try:
        with connect("etl", autocommit=True) as connection:
            connection.execute(_LOST_FILE, [_WHY_LOST, export_id])
    except psycopg.Error as error:
        _log.warning("a lost file could not be told", export=export_id, reason=str(error).strip())


def _portal(*words: str) -> bool:
    command = [sys.executable, "-m", "flask", "--app", "portal", *words]
    run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    name = " ".join(words)
    if run.returncode:
        _log.warning(
            "the portal could not do its part", command=name, exit_code=run.returncode, reason=why_failed(run.stderr)
        )
    else:
        _log.info("the portal did its part", command=name, said=run.stdout.strip())
    return run.returncode == 0


def why_failed(said: str) -> str:
    """Return why a command failed, of what it said on standard error: a sentence of ours, or where and of which kind it was.

    What an exception says may repeat what a row held, and is left out.
    """
    if _TRACEBACK not in said:
        sentences = [line for line in said.splitlines() if line.startswith("Error: ")]
        return " ".join(sentences) or "it ended without saying why"
    trace = said.rpartition(_TRACEBACK)[2]
    kind, places = _KIND.search(trace), _PLACE.findall(trace)
    where = f" in {places[-1][0]}, line {places[-1][1]}" if places else ""
    return f"{kind[0] if kind else 'an exception'}{where}"


def _live_build() -> int | None:
    try:
        with connect("etl", autocommit=True) as connection:
            found: int | None = scalar(connection, "select build_id from ops.builds where state = 'live'")
            return found
    except psycopg.Error:
        return None  # the other tasks say that the database is away


def _send_pending() -> None:
    if not delivery.targets():
        return  # nobody to try again: the run has said so once, every minute would only fill the log
    try:
        with connect("etl", autocommit=True) as connection:
            alerts.retry(connection)
    except psycopg.Error as error:
        _log.warning("alerts could not be read", reason=str(error).strip())
