"""The audit log for auditors and administrators: filter it, take it along, prove it."""

from __future__ import annotations

import json
from typing import Literal

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal import builds, freshness
from portal.api.v1.download import download_list
from portal.api.v1.parameters import RangeQuery, Text
from portal.api.v1.schema import InvalidParametersError, PageQuery
from portal.blueprints.filters import Filters, link, read
from portal.queries.audit_log import (
    AuditFilter,
    AuditRecord,
    audit_choices,
    audit_count,
    audit_page,
    audit_size,
    audit_stream,
)
from portal.security import own_hospitals, requires, sees_everything
from warehouse import audit_check
from warehouse.settings import load_secrets

blueprint = Blueprint("audit_log", __name__, url_prefix="/admin/audit")
_MOST_VERIFIED = 200_000  # more take longer than a request may: the command proves them
_COLUMNS = (
    "id", "timestamp", "who", "action", "resource_type", "resource_id", "outcome", "status_code", "hospital_ids",
    "ip_address", "user_agent", "request_id", "withheld", "details", "old_values", "new_values",
)  # fmt: skip


class AuditFilters(RangeQuery):
    """Which records."""

    who: Text | None = None
    action: Text | None = None
    resource: Text | None = None
    resource_id: Text | None = None
    outcome: Literal["started", "success", "denied", "failed"] | None = None


class AuditQuery(AuditFilters, PageQuery):
    """Which records, and which page of them."""


@blueprint.get("")
@requires("audit-log:read")
def index() -> ResponseReturnValue:
    """List records, newest first."""
    filters, connection = read(AuditQuery), builds.scoped()
    asked, rows, total = _asked(filters), [], 0
    if not filters.errors:
        total = audit_count(connection, asked)
        rows = audit_page(connection, asked, filters.query.page, filters.query.limit)
    actions, resources = audit_choices(connection)
    page = render_template(
        "admin/audit_log.html", query=filters.query, errors=filters.errors, rows=rows, total=total, actions=actions,
        resources=resources, everything=sees_everything(), said=_said, file=link("audit_log.export", page=None, limit=None),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/export.csv")
@requires("audit-log:read", fresh=True)
def export() -> Response:
    """Return the records that the page shows, all pages of them."""
    filters = read(AuditFilters)
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    lines = ([_cell(record, name) for name in _COLUMNS] for record in audit_stream(builds.scoped(), _asked(filters)))
    return download_list("audit-log", _COLUMNS, lines)


@blueprint.post("/verify")
@requires("audit-log:read")
def verify() -> ResponseReturnValue:
    """Prove that no record was changed, removed, put in or cut off."""
    with builds.unlimited() as connection:  # every hospital's records are links of the chain
        if (count := audit_size(connection)) > _MOST_VERIFIED:
            flash(
                f"The log has {count:,} records, too many to prove while you wait: run etl.py audit verify.", "warning"
            )
            return redirect(url_for("audit_log.index"))
        ring = [key.encode() for key in load_secrets().audit_keys]
        report = audit_check.check(connection, ring, audit_check.noted_by_runs(connection))
    if report.problems:
        flash(
            f"The log does not verify: {report.problems[0]} Keep it as it is and tell whoever answers for it.", "error"
        )
    else:
        flash(
            f"{report.records:,} records verify, {report.first:,} to {report.last:,}, against {report.heads:,} heads that"
            " runs noted.",
            "success",
        )
    return redirect(url_for("audit_log.index"))


def _asked(filters: Filters[AuditQuery] | Filters[AuditFilters]) -> AuditFilter:
    query = filters.query
    return AuditFilter(
        own_hospitals(), current_user.sees_all_hospitals, freshness.current().timezone, query.start_date, query.end_date,
        query.who, query.action, query.resource, query.resource_id, query.outcome,
    )  # fmt: skip


def _said(record: AuditRecord) -> str:
    """Return what a record holds beside its columns, in a line."""
    held = {"details": record.details, "before": record.old_values, "after": record.new_values}
    return json.dumps({name: value for name, value in held.items() if value}, ensure_ascii=False, sort_keys=True)


def _cell(record: AuditRecord, name: str) -> str | None:
    value = getattr(record, name)
    if name == "timestamp":
        return str(value.isoformat())
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return None if value is None else str(value)
