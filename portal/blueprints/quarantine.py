"""Quarantine, for administrators: what a run refused and why, with its money, and where the rows stood."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_security import current_user
from pydantic import Field

from portal import builds
from portal.api.v1.parameters import Text
from portal.api.v1.schema import PageQuery
from portal.blueprints.filters import read
from portal.queries.quarantine import (
    QuarantineFilter,
    quarantine_count,
    quarantine_page,
    quarantine_reasons,
    quarantine_runs,
)
from portal.security import current_hospitals, requires, sees_everything

blueprint = Blueprint("quarantine", __name__, url_prefix="/admin/quarantine")
_RUNS = 10


class QuarantineQuery(PageQuery):
    """Which refused rows: those of the newest run where none is named."""

    run: int | None = Field(default=None, ge=1, le=2**31)
    table: Text | None = None
    reason: Text | None = None


@blueprint.get("")
@requires("etl:read")
def index() -> ResponseReturnValue:
    """Show what a run refused: by table and reason with its money, and the rows by key."""
    filters, connection = read(QuarantineQuery), builds.scoped()
    query, hospitals, everything = filters.query, current_hospitals(), sees_everything()
    runs = quarantine_runs(connection, hospitals, everything, _RUNS)
    shown = next((run for run in runs if query.run in (None, run.run_id)), None)
    if query.run is not None and shown is None and "run" not in filters.errors:
        filters.errors["run"] = f"is none of the last {_RUNS} runs that read something: choose one of the list"
    reasons, found, total = [], [], 0
    if shown is not None and not filters.errors:
        asked = QuarantineFilter(shown.run_id, hospitals, everything, query.table, query.reason)
        reasons = quarantine_reasons(connection, asked)
        found, total = quarantine_page(connection, asked, query.page, query.limit), quarantine_count(connection, asked)
    page = render_template(
        "admin/quarantine.html", query=query, errors=filters.errors, runs=runs, run=shown, reasons=reasons, rows=found,
        total=total, may_export="exports:create" in current_user.permissions, sees_everything=everything,
    )  # fmt: skip
    return page, filters.status
