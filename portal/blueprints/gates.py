"""Gates, for administrators: those of the newest run, and how each turned out run after run."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal import builds
from portal.api.v1.download import download_list
from portal.api.v1.schema import Query
from portal.blueprints.filters import read
from portal.queries import etl_details
from portal.queries.gate_history import judged_runs, outcomes
from portal.security import current_hospitals, requires, sees_everything

blueprint = Blueprint("gates", __name__, url_prefix="/admin/gates")
_RUNS = 10
_COLUMNS = ("gate", "run_id", "word", "judged", "failed", "accepted", "warned")


@blueprint.get("")
@requires("etl:read")
def index() -> ResponseReturnValue:
    """Show the gates of the newest run that was judged, and how each gate turned out over the last runs."""
    filters, connection = read(Query), builds.scoped()
    hospitals, everything = current_hospitals(), sees_everything()
    runs = judged_runs(connection, _RUNS)
    page = render_template(
        "admin/gates.html", errors=filters.errors, runs=runs, sees_everything=everything,
        gates=etl_details.gates(connection, runs[0].run_id) if runs else [],
        history=outcomes(connection, [run.run_id for run in runs], hospitals, everything),
        may_export="exports:create" in current_user.permissions,
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/export.csv")
@requires("etl:read", "exports:create", fresh=True)
def export() -> Response:
    """Return how each gate turned out over the runs that the page shows."""
    connection = builds.scoped()
    runs = [run.run_id for run in judged_runs(connection, _RUNS)]
    found = outcomes(connection, runs, current_hospitals(), sees_everything())
    lines = [[getattr(one, name) for name in _COLUMNS] for by_run in found.values() for one in by_run.values()]
    return download_list("gates", ["outcome" if name == "word" else name for name in _COLUMNS], lines)
