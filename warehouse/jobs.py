"""The job queue that both floors share: the portal defers jobs, ``etl.py worker`` runs them."""

from __future__ import annotations

from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import Connection, text

from warehouse.engine import url_for

RUN_ETL = "run_etl"
ETL_QUEUE = "etl"
MAKE_EXPORT = "make_export"
EXPORT_QUEUE = "exports"
_ALIVE_SECONDS = 60  # a worker beats every 10 seconds
_ALIVE = text("""
  select exists (
    select 1 from jobs.procrastinate_workers
    where last_heartbeat > clock_timestamp() - make_interval(secs => :seconds)
  )
""")
_PENDING = text("""
  select (jobs.args ->> 'run_id')::bigint
  from jobs.procrastinate_jobs as jobs
  left join jobs.procrastinate_workers as workers on jobs.worker_id = workers.id
  where jobs.task_name = :task and (
    jobs.status = 'todo'
    -- What a killed worker was doing is not done by anybody.
    or jobs.status = 'doing' and workers.last_heartbeat > clock_timestamp() - make_interval(secs => :seconds)
  )
  order by jobs.id
  limit 1
""")


class RunQueuedError(Exception):
    """A manual run waits in the queue already."""


def job_app(role: str) -> procrastinate.App:
    """Return a job queue of this database, as ``etl`` (runs jobs) or ``portal`` (defers them). Open it before use.

    The worker registers its tasks on it: ``RUN_ETL`` on ``ETL_QUEUE``, with argument ``run_id``, and ``MAKE_EXPORT`` on
    ``EXPORT_QUEUE``, with argument ``export_id``.
    """
    url = url_for(role)
    parts: dict[str, Any] = dict(url.translate_connect_args(username="user", database="dbname"))
    options = str(url.query.get("options", ""))
    parts["options"] = f"{options} -c search_path=jobs".strip()
    connector = procrastinate.PsycopgConnector(kwargs=parts | {k: v for k, v in url.query.items() if k != "options"})
    return procrastinate.App(connector=connector)


def defer_run(connection: Connection, run_id: int) -> None:
    """Queue a manual ETL run within the caller's transaction: it is there when the transaction commits, or not at all.

    Changes ``search_path`` until the end of the transaction.

    Raises:
        RunQueuedError: if one waits in the queue already; the transaction is then over.
    """
    try:
        _defer(connection, RUN_ETL, ETL_QUEUE, queueing_lock=RUN_ETL, run_id=run_id)
    except AlreadyEnqueued:
        raise RunQueuedError("A run waits in the queue already.") from None


def defer_export(connection: Connection, export_id: int) -> None:
    """Queue the making of a file within the caller's transaction. Files are made one after the other.

    Changes ``search_path`` until the end of the transaction.
    """
    _defer(connection, MAKE_EXPORT, EXPORT_QUEUE, queueing_lock=None, export_id=export_id)


def _defer(connection: Connection, task: str, queue: str, queueing_lock: str | None, **arguments: int) -> None:
    connection.execute(text("set local search_path to jobs"))
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    app.configure_task(
        task,
        queue=queue,
        lock=task,
        queueing_lock=queueing_lock,
        connection=connection.connection.driver_connection,
    ).defer(**arguments)


def pending_run(connection: Connection) -> int | None:
    """Return the id of the manual run that waits or runs, None if there is none."""
    return connection.execute(_PENDING, {"task": RUN_ETL, "seconds": _ALIVE_SECONDS}).scalars().first()


def worker_alive(connection: Connection) -> bool:
    """Return whether a worker gave a sign of life within the last minute."""
    return bool(connection.execute(_ALIVE, {"seconds": _ALIVE_SECONDS}).scalar_one())
