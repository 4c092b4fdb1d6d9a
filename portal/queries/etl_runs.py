"""Runs of the pipeline, as ``ops`` records them: what ran, what was asked for, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

_ALIVE_SECONDS = 60  # a run beats every 10 seconds
# Every run, and every request of a person that no run took up yet (status queued) or ever will (failed).
_RUNS = """
  select
    runs.id as run_id,
    runs.status,
    runs.status = 'running'
      and runs.heartbeat_at < clock_timestamp() - make_interval(secs => :alive_seconds) as is_lost,
    runs.stage,
    runs.outcome,
    coalesce(requests.requested_by, runs.requested_by) as requested_by,
    coalesce(requests.requested_at, runs.started_at) as requested_at,
    runs.started_at,
    runs.completed_at,
    runs.instant,
    runs.records_processed,
    runs.error_message,
    runs.exit_code,
    (select max(builds.build_id) from ops.builds as builds where builds.run_id = runs.id) as build_id
  from ops.etl_process_status as runs
  left join ops.run_requests as requests on requests.run_id = runs.id
  union all
  select
    requests.run_id,
    case when waiting.exists then 'queued' else 'failed' end,
    false, 'start', null, requests.requested_by, requests.requested_at, null, null, null, 0,
    case
      when not waiting.exists
        then 'The worker could not start this run: another one was in progress, or no source is set up. See its log.'
    end,
    null, null
  from ops.run_requests as requests
  cross join lateral (
    select exists (
      select 1 from jobs.procrastinate_jobs as jobs
      where jobs.task_name = 'run_etl' and jobs.status in ('todo', 'doing')
        and (jobs.args ->> 'run_id')::bigint = requests.run_id
    ) as exists
  ) as waiting
  where not exists (select 1 from ops.etl_process_status as runs where runs.id = requests.run_id)
"""
_PAGE = text(f"select * from ({_RUNS}) as runs order by run_id desc limit :limit offset :offset")
_ONE = text(f"select * from ({_RUNS}) as runs where run_id = :run_id")
_COUNT = text(f"select count(*) from ({_RUNS}) as runs")
_BUSY = text("""
  select id from ops.etl_process_status
  where status = 'running' and heartbeat_at > clock_timestamp() - make_interval(secs => :alive_seconds)
  order by id desc
  limit 1
""")
# What a run says may name rows of any hospital: who does not see all of them is told how it ended, not why.
_ENDINGS = {
    "killed": "The run was killed before its end. Nothing was published.",
    "stopped": "A check stopped the run. Nothing was published; checks of your hospitals stand on its page.",
    "failed": "The run failed. Nothing was published; who sees every hospital can read why.",
}
_HOLD = text("select held, held_by, reason, held_at from ops.publishing")


@dataclass(frozen=True)
class Run:
    """One run. ``status``: queued, running, completed, failed, or stopped (halted by a gate).

    ``is_lost``: says running, but gave no sign of life for a minute; the next run cleans up after it.
    """

    run_id: int
    status: str
    is_lost: bool
    stage: str
    outcome: str | None
    requested_by: str | None
    requested_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    instant: datetime | None
    records_processed: int | None
    error_message: str | None
    exit_code: int | None
    build_id: int | None

    def as_seen(self, everything: bool) -> Run:
        """Return the run as it may be shown: rows read and the message are of all hospitals together."""
        if everything or self.started_at is None:
            return self
        ending = _ENDINGS.get(self.outcome or "") or _ENDINGS.get(self.status)
        return replace(self, records_processed=None, error_message=ending)


@dataclass(frozen=True)
class Hold:
    """Whether publishing is held, by whom and why."""

    held: bool
    held_by: str | None
    reason: str | None
    held_at: datetime | None


def runs(connection: Connection, limit: int, offset: int = 0) -> list[Run]:
    """Return runs, newest first."""
    rows = connection.execute(_PAGE, {"limit": limit, "offset": offset, "alive_seconds": _ALIVE_SECONDS})
    return [_run(row) for row in rows.mappings()]


def count_runs(connection: Connection) -> int:
    """Return how many runs and requests are recorded."""
    return int(connection.execute(_COUNT, {"alive_seconds": _ALIVE_SECONDS}).scalar_one())


def find_run(connection: Connection, run_id: int) -> Run | None:
    """Return one run, None if there is none of this number."""
    row = connection.execute(_ONE, {"run_id": run_id, "alive_seconds": _ALIVE_SECONDS}).mappings().one_or_none()
    return _run(row) if row else None


def running(connection: Connection) -> int | None:
    """Return the number of the run in progress that gives signs of life, None if there is none."""
    return connection.execute(_BUSY, {"alive_seconds": _ALIVE_SECONDS}).scalars().first()


def hold(connection: Connection) -> Hold:
    """Return whether publishing is held."""
    return Hold(**connection.execute(_HOLD).mappings().one())


def _run(row: RowMapping) -> Run:
    return Run(**row)
