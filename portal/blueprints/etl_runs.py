"""Pages of the pipeline for administrators: runs, what happened in one, and starting one by hand."""

from __future__ import annotations

from itertools import islice

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal import builds
from portal.api.v1.download import download_list
from portal.queries import etl_details, etl_runs
from portal.security import audit_entry, recorded, requires, sees_everything
from portal.services import runs
from portal.services.conflicts import ConflictError
from warehouse import jobs

blueprint = Blueprint("etl_runs", __name__, url_prefix="/admin/etl")
_PER_PAGE = 25
_SAMPLES = 10
_RUN_COLUMNS = (
    "run_id", "status", "outcome", "stage", "requested_by", "requested_at", "started_at", "completed_at", "records_processed",
    "build_id", "error_message",
)  # fmt: skip
_REJECT_COLUMNS = ("source", "table", "file", "line", "record", "hospital", "reasons", "columns", "amount")


@blueprint.get("")
@requires("etl:read")
def index() -> str:
    """List runs, newest first, with the live build and the hold."""
    connection = builds.reader()
    page = min(max(request.args.get("page", 1, type=int), 1), 1_000_000)
    return render_template(
        "admin/etl_runs.html",
        runs=[run.as_seen(sees_everything()) for run in etl_runs.runs(connection, _PER_PAGE, (page - 1) * _PER_PAGE)],
        hold=etl_runs.hold(connection),
        page=page,
        limit=_PER_PAGE,
        total=etl_runs.count_runs(connection),
        may_run="etl:run" in current_user.permissions,
        may_export="exports:create" in current_user.permissions,
        worker_alive=jobs.worker_alive(connection),
    )


@blueprint.get("/export.csv")
@requires("etl:read", "exports:create", fresh=True)
def export() -> Response:
    """Return all runs and requests, newest first."""
    connection, everything = builds.reader(), sees_everything()
    found = etl_runs.runs(connection, etl_runs.count_runs(connection))
    lines = ([getattr(run.as_seen(everything), name) for name in _RUN_COLUMNS] for run in found)
    return download_list("runs", _RUN_COLUMNS, lines)


@blueprint.get("/<int:run_id>")
@requires("etl:read")
def show(run_id: int) -> str:
    """Show one run: stages, gates, reasons of what was refused; control totals to those who see every hospital."""
    connection, everything = builds.scoped(), sees_everything()
    run = etl_runs.find_run(connection, run_id)
    if run is None:
        abort(404)
    return render_template(
        "admin/etl_run.html",
        run=run.as_seen(everything),
        sees_everything=everything,
        stages=etl_details.stages(connection, run_id, everything),
        tables=etl_details.tables(connection, run_id),
        gates=etl_details.gates(connection, run_id),
        reasons=etl_details.reasons(connection, run_id),
        may_export="exports:create" in current_user.permissions,
        samples=list(islice(etl_details.rejects(connection, run_id), _SAMPLES)),
    )


@blueprint.get("/<int:run_id>/rejects.csv")
@requires("etl:read", "exports:create", fresh=True)
def rejects(run_id: int) -> Response:
    """Send the refused rows of a run to be corrected at the source: file, line, id, reasons, money."""
    connection = builds.scoped()
    if etl_runs.find_run(connection, run_id) is None:
        abort(404)
    lines = (
        (
            r.source_name,
            r.table_name,
            r.file,
            r.line,
            r.record_key,
            r.hospital_id,
            "; ".join(r.reasons),
            "; ".join(r.columns),
            r.amount,
        )
        for r in etl_details.rejects(connection, run_id)
    )
    return download_list(f"run-{run_id}-rejects", _REJECT_COLUMNS, lines)


@blueprint.post("/run")
@requires("etl:run")
def start() -> AnyResponse:
    """Queue a run and show it, or say which one is in the way."""
    try:
        run_id = runs.request_run(current_user.email, audit_entry("etl_run", "etl_run"))
    except ConflictError as error:
        flash(str(error), "warning")
        return redirect(url_for("etl_runs.index"))
    recorded()
    flash(f"Run {run_id} waits for the worker.", "success")
    return redirect(url_for("etl_runs.show", run_id=run_id))
