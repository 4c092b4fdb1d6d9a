"""Exports: what was made, by whom and of what; files that are kept, templates and schedules."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import Connection

from portal import builds, freshness, hospitals
from portal.api.v1.download import download_again, download_list
from portal.api.v1.orders import TEMPLATES, THINGS, Order, Template
from portal.api.v1.parameters import Text
from portal.api.v1.schema import InvalidParametersError, PageQuery
from portal.blueprints.filters import link, read
from portal.queries import exports
from portal.queries.export_reach import Reader, act_for
from portal.queries.exports import Export, HistoryFilter
from portal.security import (
    audit_entry,
    current_providers,
    narrow_to,
    own_hospitals,
    recorded,
    requires,
    sessions,
    unrecorded,
)
from portal.services import export_plans

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
_MANAGES = "users:manage"
_MOST_WATCHED = 50
_COLUMNS = (
    "id", "export_date", "entity_type", "export_type", "date_range_start", "date_range_end", "filters", "fields",
    "hospital_ids", "status", "row_count", "filename", "file_size", "sha256", "build_id", "who",
)  # fmt: skip


class HistoryQuery(PageQuery):
    """Which lines of the history."""

    entity: Text | None = None
    format: Literal["csv", "xlsx", "pdf", "png"] | None = None
    status: Literal["waiting", "running", "finished", "failed", "refused"] | None = None


@blueprint.get("")
@requires("exports:create")
def index() -> ResponseReturnValue:
    """List what was exported, newest first, with templates and schedules."""
    filters, connection, who = read(HistoryQuery), _own(), reader()
    query = filters.query
    asked = HistoryFilter(query.entity, query.format, query.status)
    rows = [] if filters.errors else exports.history(connection, who, asked, query.page, query.limit)
    page = render_template(
        "exports/index.html", query=query, errors=filters.errors, rows=rows, manages=who.manages, said=said, may_load=may_load,
        total=0 if filters.errors else exports.history_count(connection, who, asked), things=THINGS,
        templates=own_templates(), schedules=exports.schedules(connection, who), names=hospitals.names(),
        worker_alive=freshness.current().worker_alive, history_file=link("exports.history_file", page=None, limit=None),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/history.csv")
@requires("exports:create", fresh=True)
def history_file() -> Response:
    """Return the history that the page shows, all pages of it."""
    filters, connection, who = read(HistoryQuery), _own(), reader()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = HistoryFilter(filters.query.entity, filters.query.format, filters.query.status)
    found = exports.history(connection, who, asked, 1, exports.history_count(connection, who, asked))
    return download_list("exports", _COLUMNS, ([_cell(getattr(one, name)) for name in _COLUMNS] for one in found))


@blueprint.get("/<int:number>/file")
@requires("exports:create", fresh=True)
def file(number: int) -> Response:
    """Send a file that is kept, once more, to who it was made for, as long as they may still have it."""
    found = exports.find_export(_own(), reader(), number)
    if found is None or found.user_id != current_user.id or not found.is_kept:
        abort(404, "There is no such file of yours: it was not kept, or its time is over.")
    if not may_load(found):
        g.denied = True
        abort(403, "Your rights changed since this file was made: it has what you may not see now.")
    narrow_to(found.hospital_ids)  # it has these, whichever the address names
    return download_again(exports.content(_own(), number), found)


@blueprint.get("/progress")
@requires("exports:create")
@unrecorded
def progress() -> Response:
    """Say how far the files with these numbers are."""
    numbers = [int(text) for text in request.args.getlist("id") if text.isascii() and text.isdigit() and len(text) < 19]
    connection, who = _own(), reader()
    found = (exports.find_export(connection, who, number) for number in numbers[:_MOST_WATCHED])
    return jsonify([{"id": one.id, "underWay": one.is_under_way, "text": said(one), "done": one.rows_done,
                     "expected": one.rows_expected} for one in found if one])  # fmt: skip


@blueprint.post("/templates/<int:number>/delete")
@requires("exports:create")
def forget_template(number: int) -> ResponseReturnValue:
    """Let go of an own template."""
    entry = audit_entry("export_template_delete", "export_template")
    name = export_plans.forget_template(number, reader(), entry)
    if name is None:
        abort(404, "There is no such template of yours.")
    recorded()
    flash(f"The template {name} is gone.", "success")
    return redirect(url_for("exports.index"))


@blueprint.post("/schedules/<int:number>/end")
@requires("exports:create")
def end_schedule(number: int) -> ResponseReturnValue:
    """Switch a schedule off."""
    seen = {one.id: one for one in exports.schedules(_own(), reader())}
    if number not in seen or not seen[number].may_end:
        abort(404, "There is no such schedule of yours.")
    entry = audit_entry("export_schedule_end", "export_schedule")
    if export_plans.end_schedule(number, reader(), sessions.now(), entry) is None:
        abort(409, "Somebody was faster: it is off already.")
    recorded()
    flash(f"The schedule {seen[number].name} is off.", "success")
    return redirect(url_for("exports.index"))


@blueprint.post("/schedules/<int:number>/leave")
@requires("exports:create")
def leave_schedule(number: int) -> ResponseReturnValue:
    """Send who is asking no more copies of a schedule."""
    name = export_plans.leave_schedule(number, reader(), audit_entry("export_schedule_leave", "export_schedule"))
    if name is None:
        abort(404, "There is no such schedule that sends you copies.")
    recorded()
    flash(f"You get no more copies of the schedule {name}.", "success")
    return redirect(url_for("exports.index"))


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return "; ".join(f"{name}={','.join(values)}" for name, values in value.items())
    return ", ".join(value) if isinstance(value, list) else value


def reader() -> Reader:
    """Return who is asking, as somebody who looks at exports."""
    everything = current_user.sees_all_hospitals
    return Reader(current_user.id, own_hospitals(), _MANAGES in current_user.permissions, everything)


def _own() -> Connection:
    """Return this request's connection for reading, with the exports that who is asking may see."""
    return act_for(builds.reader(), reader())


def own_templates() -> list[Template]:
    """Return the templates that may be used by who is asking: those that Daybook brings, then the own and shared ones."""
    permitted = [one for one in TEMPLATES if one.order.thing.permissions <= current_user.permissions]
    kept = exports.templates(_own(), reader())
    return [*permitted, *(
        Template(
            one.name, Order(one.entity_type, one.export_type, one.filters, one.fields),  # type: ignore[arg-type]
            "" if one.user_id == current_user.id else f"of {one.who}", one.id, is_own=one.user_id == current_user.id,
            hospital_id=one.hospital_id,
        )
        for one in kept
        if one.entity_type in THINGS and THINGS[one.entity_type].permissions <= current_user.permissions
    )]  # fmt: skip


def may_load(one: Export) -> bool:
    """Return whether who is asking may have a kept file: it is theirs, and they may see today all that it has."""
    if one.user_id != current_user.id or not one.is_kept:
        return False
    thing = THINGS.get(one.entity_type)
    links = current_providers()
    is_linked = links is None or {(hospital, provider) for hospital, provider in one.providers or ()} <= set(links)
    # What was made for somebody bound to no providers has everybody's.
    is_linked = is_linked and (one.providers is not None or links is None)
    return (
        is_linked
        and thing is not None
        and thing.permissions <= current_user.permissions
        and set(one.hospital_ids) <= set(own_hospitals())
    )


def said(one: Export) -> str:
    """Return how far a file is, in words."""
    if one.status == "waiting":
        return "waits for the worker"
    if one.status == "running" and one.rows_expected:
        return f"{one.rows_done:,} of {one.rows_expected:,} rows"
    words: dict[str, Any] = {"running": "is being made", "finished": "made", "failed": "failed", "refused": "refused"}
    return str(words[one.status])
