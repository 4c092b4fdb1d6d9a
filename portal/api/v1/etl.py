"""The pipeline: start a run, follow it, see what became of every row."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort
from flask_security import current_user
from pydantic import JsonValue

from portal import builds
from portal.api.v1.envelope import ok
from portal.api.v1.schema import Camel, RepeatableHeaders, operation
from portal.queries import etl_details, etl_runs
from portal.security import audit_entry, recorded, requires, sees_everything
from portal.services import runs
from portal.services.idempotency import Repeatable
from warehouse import jobs

blueprint = Blueprint("etl", __name__)


class RunRequest(Camel):
    """A run that waits for the worker."""

    run_id: int
    worker_alive: bool


class Run(Camel):
    """A run: ``status`` is queued, running, completed, failed, or stopped (halted by a gate).

    ``records_processed`` is null for those who do not see every hospital.
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


class Stage(Camel):
    """One stage of a run."""

    stage: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    detail: dict[str, JsonValue]


class TableCounts(Camel):
    """Rows and money of one table: read = landed + quarantined + duplicate. Money as decimal text."""

    source_name: str
    table_name: str
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_duplicate: int
    rows_unreadable_amount: int
    amount_read: str
    amount_landed: str
    amount_quarantined: str
    amount_duplicate: str
    rows_new: int
    rows_changed: int
    rows_deleted: int
    rows_stale: int


class GateResult(Camel):
    """How one gate turned out."""

    stage: str
    gate: str
    source_name: str | None
    table_name: str | None
    hospital_id: str | None
    severity: str
    passed: bool
    accepted_reason: str | None
    observed: dict[str, JsonValue]
    threshold: dict[str, JsonValue]
    message: str
    failing_keys: list[dict[str, JsonValue]]


class Reason(Camel):
    """Why rows were refused. A row with two reasons counts under both."""

    source_name: str
    table_name: str
    hospital_id: str | None
    reason: str
    row_count: int
    amount: str


class RunDetail(Run):
    """A run with what happened in it. ``tables`` is empty for those who do not see every hospital."""

    stages: list[Stage]
    tables: list[TableCounts]
    gates: list[GateResult]
    quarantine: list[Reason]


class LiveBuild(Camel):
    """The build that everybody reads."""

    build_id: int
    run_id: int
    instant: datetime
    published_at: datetime


class Hold(Camel):
    """Whether publishing is held."""

    held: bool
    held_by: str | None
    reason: str | None
    held_at: datetime | None


class Status(Camel):
    """The pipeline now."""

    latest_run: Run | None
    live_build: LiveBuild | None
    hold: Hold
    worker_alive: bool


@blueprint.post("/reports/etl/run")
@requires("etl:run")
@operation(RunRequest, status=202, failures=(409,))
def start(headers: RepeatableHeaders) -> Response:
    """Queue a run; 409 while one is in progress or waits. With a header `Idempotency-Key` it can be sent again."""
    key = headers.idempotency_key
    asked = Repeatable(current_user.id, key, "run") if key else None
    run_id = runs.request_run(current_user.email, audit_entry("etl_run", "etl_run"), asked)
    recorded()
    alive = jobs.worker_alive(builds.reader())
    return ok(RunRequest(run_id=run_id, worker_alive=alive).model_dump(by_alias=True), status=202)


@blueprint.get("/reports/etl/status")
@requires("etl:read")
@operation(Status)
def status() -> Response:
    """The latest run, the live build, and whether publishing is held."""
    connection, build = builds.reader(), builds.find_live_build()
    latest = etl_runs.runs(connection, limit=1)
    now = Status(
        latest_run=Run(**asdict(latest[0].as_seen(sees_everything()))) if latest else None,
        live_build=LiveBuild.model_validate(build, from_attributes=True) if build else None,
        hold=Hold(**asdict(etl_runs.hold(connection))),
        worker_alive=jobs.worker_alive(connection),
    )
    return ok(now.model_dump(by_alias=True))


@blueprint.get("/reports/etl/runs/<int:run_id>")
@requires("etl:read")
@operation(RunDetail)
def run(run_id: int) -> Response:
    """One run with its stages, gates, counts per table, and the reasons of what was refused."""
    connection, everything = builds.scoped(), sees_everything()
    found = etl_runs.find_run(connection, run_id)
    if found is None:
        abort(404)
    detail = RunDetail(
        **asdict(found.as_seen(everything)),
        stages=[Stage(**asdict(item)) for item in etl_details.stages(connection, run_id, everything)],
        tables=[TableCounts(**_as_text(item)) for item in etl_details.tables(connection, run_id)],
        gates=[GateResult(**asdict(item)) for item in etl_details.gates(connection, run_id)],
        quarantine=[Reason(**_as_text(item)) for item in etl_details.reasons(connection, run_id)],
    )
    return ok(detail.model_dump(by_alias=True))


def _as_text(item: Any) -> dict[str, Any]:
    return {name: str(value) if name.startswith("amount") else value for name, value in asdict(item).items()}
