"""The dialog of exports: what, of which days, in which format, with which fields; made at once, later, again and again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.datastructures import MultiDict

from portal import builds, freshness
from portal.analytics.periods import last_whole_month
from portal.api.v1.asked import reach
from portal.api.v1.download import download
from portal.api.v1.fields import offered
from portal.api.v1.orders import THINGS, Order, Thing, allowed
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.exports import own_templates, reader
from portal.blueprints.filters import frame
from portal.exports.document import MEDIA_TYPES, Document, Format
from portal.security import (
    audit_entry,
    current_hospitals,
    is_plain,
    narrow_to,
    own_hospitals,
    recorded,
    requires,
    sessions,
)
from portal.services import export_jobs, export_plans
from portal.services.export_jobs import Asked
from portal.services.export_plans import RHYTHMS, Plan
from portal.services.users import UserError

blueprint = Blueprint("export_orders", __name__, url_prefix="/exports")
# What takes longer than a person waits is made by the worker.
_MOST_AT_ONCE = {"csv": 100_000, "xlsx": 20_000, "pdf": 200}
_OURS = frozenset(
    {
        "entity",
        "template",
        "format",
        "fields",
        "page",
        "limit",
        "tab",
        "show",
        "part",
        "chart",
        "theme",
        "sort",
        "ahead",
    }
)
_FIELDS = ("hospitalId", "currency", "startDate", "endDate", "month")
# A day that a schedule was made with would be the same for ever.
_OF_ONE_DAY = frozenset({"asOfDate", "knownAt"})
_NAMES = ("patientId",)
_SETTLED = {"startDate": "From", "endDate": "To"}


@dataclass
class Dialog:
    """An order as far as it is filled in, and what came of it."""

    order: Order
    document: Document | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def thing(self) -> Thing:
        """What it is of."""
        return self.order.thing

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Filters without a field of their own; several hospitals have none either."""
        return [
            (name, value)
            for name, values in self.order.filters.items()
            if name not in _FIELDS or len(values) > 1
            for value in values
        ]

    def is_carried(self, name: str) -> bool:
        """Return whether a filter has several values, for which there is no field."""
        return len(self.order.filters.get(name, ())) > 1

    def value(self, name: str) -> str:
        """Return what stands in a field: what was asked for, else the days that it comes to."""
        settled = dict(self.document.filters if self.document else ()).get(_SETTLED.get(name, ""), "")
        return next(iter(self.order.filters.get(name, ())), settled)


@blueprint.get("/new")
@requires("exports:create")
def new() -> ResponseReturnValue:
    """Show the dialog, filled in from the address: a template, or the filters of the page that led here."""
    order = _from_address()
    if order is None:
        return _choose()
    dialog = _tried(order)
    return _page(dialog), 400 if dialog.errors else 200


@blueprint.post("/new")
@requires("exports:create")
def preview() -> ResponseReturnValue:
    """Show the dialog again with what is filled in: how many rows it has, and what is wrong."""
    dialog = _tried(_from_form())
    return _page(dialog), 400 if dialog.errors else 200


@blueprint.post("")
@requires("exports:create", fresh=True)
def make() -> ResponseReturnValue:
    """Make the file: at once and to be saved, or by the worker and kept."""
    dialog = _tried(_from_form())
    if dialog.document is None:
        return _page(dialog), 400
    order, document = dialog.order, dialog.document
    if "keep" not in request.form and document.total <= _MOST_AT_ONCE[order.format]:
        return download(document, order.format, order.entity_type, {**order.filters, "fields": order.fields})
    if not _may_be_kept(dialog):
        return _page(dialog), 400
    number = export_jobs.ask(_asked(order, document), own_hospitals(), audit_entry("export_request", "export"))
    recorded()
    waits = "" if freshness.current().worker_alive else " No worker runs at the moment: it waits until one does."
    flash(f"Export {number} is made in the background: it stands below as soon as it is ready.{waits}", "success")
    return redirect(url_for("exports.index"))


@blueprint.post("/templates")
@requires("exports:create")
def keep_template() -> ResponseReturnValue:
    """Keep what is filled in as a template."""
    dialog = _tried(_from_form())
    hospital = request.form.get("share") or None
    if dialog.document is None or not _may_be_kept(dialog):
        return _page(dialog), 400
    if hospital is not None and hospital not in own_hospitals():
        abort(404, "There is no such hospital among yours.")
    try:
        entry = audit_entry("export_template_create", "export_template")
        export_plans.keep_template(_plan(dialog.order), hospital, reader(), sessions.now(), entry)
    except UserError as error:
        dialog.errors["name"] = str(error)
        return _page(dialog), 400
    recorded()
    flash(f"The template {_name()} is kept.", "success")
    return redirect(url_for("exports.index"))


@blueprint.post("/schedules")
@requires("exports:create", fresh=True)
def keep_schedule() -> ResponseReturnValue:
    """Keep what is filled in as a schedule by mail."""
    dialog = _tried(_from_form())
    if dialog.document is None or not _may_be_kept(dialog):
        return _page(dialog), 400
    addresses = [text for text in re.split(r"[\s,;]+", request.form.get("recipients", "")) if text]
    plan = replace(_plan(dialog.order), filters=_dated(dialog.order))
    try:
        entry = audit_entry("export_schedule_create", "export_schedule")
        dates = (reach().business_date, sessions.now())
        export_plans.keep_schedule(plan, request.form.get("rhythm", ""), addresses, reader(), dates, entry)
    except UserError as error:
        dialog.errors["recipients"] = str(error)
        return _page(dialog), 400
    recorded()
    flash(f"The schedule {_name()} is kept: its first files are made after the period that is running.", "success")
    return redirect(url_for("exports.index"))


def _from_address() -> Order | None:
    if wanted := request.args.get("template"):
        found = next((one for one in own_templates() if wanted in (str(one.number), one.name)), None)
        if found is None:
            abort(404, "There is no such template that you may use.")
        return found.order
    if "entity" not in request.args:
        return None
    given = {name: values for name, values in request.args.lists() if name not in _OURS}
    return _order(request.args, given)


def _from_form() -> Order:
    thing = _permitted(request.form.get("entity", ""))
    given = {name: request.form.getlist(name) for name in thing.filters if name in request.form}
    return _order(request.form, given)


def _order(source: MultiDict[str, str], given: Mapping[str, list[str]]) -> Order:
    thing = _permitted(source.get("entity", ""))
    chosen = source.get("format", "csv")
    filters = {name: [value for value in values if value.strip()] for name, values in given.items()}
    return Order(
        thing.name, cast(Format, chosen if chosen in MEDIA_TYPES else "csv"),
        {name: values for name, values in filters.items() if values}, source.getlist("fields"),
    )  # fmt: skip


def _permitted(name: str) -> Thing:
    thing = THINGS.get(name)
    if thing is None:
        abort(404, "There is no such thing to export.")
    if not thing.permissions <= current_user.permissions:
        abort(403)
    return thing


def _tried(order: Order) -> Dialog:
    """Return the dialog with the document that its order makes, whose rows nobody has read, or with what is wrong."""
    filters = dict(order.filters)
    if "hospitalId" in filters:
        narrow_to(filters["hospitalId"])  # a form or a template names it, not the address
    here = reach()
    if order.thing.needs_days and not {"startDate", "endDate"} & set(filters):
        days = last_whole_month(here.business_date)
        filters |= {"startDate": [days.start.isoformat()], "endDate": [days.end.isoformat()]}
    if "currency" not in filters and len(here.currencies) > 1:
        filters["currency"] = [here.currencies[0]]
    dialog = Dialog(replace(order, filters=filters))
    try:
        for name in _NAMES:
            if any(not any(map(str.isdigit, value)) for value in filters.get(name, ())):
                raise InvalidParametersError({name: "has no digit: an id is wanted here, names are kept with no file"})
        dialog.document = dialog.order.document(here)
    except InvalidParametersError as error:
        dialog.errors.update(error.fields)
    return dialog


def _may_be_kept(dialog: Dialog) -> bool:
    """Return whether the filters may stand in a table; the dialog says which may not."""
    for name, values in dialog.order.filters.items():
        if not all(is_plain(name, value) for value in values):
            dialog.errors[name] = "cannot be kept: only ids, dates, amounts and choices are. Leave it out"
    return not dialog.errors


def _choose() -> str:
    return render_template("exports/choose.html", things=allowed(current_user.permissions), templates=own_templates())


def _page(dialog: Dialog) -> str:
    here = reach()
    # With chosen fields, the document has no others to offer.
    is_narrowed = dialog.document is not None and bool(dialog.order.fields)
    whole = replace(dialog.order, fields=()).document(here) if is_narrowed else dialog.document
    return render_template(
        "exports/new.html", dialog=dialog, document=dialog.document, errors=dialog.errors, values=request.form, rhythms=RHYTHMS,
        columns=offered(whole) if whole else [], formats=tuple(MEDIA_TYPES), build=builds.live_build(),
        most=_MOST_AT_ONCE, **{name: value for name, value in frame(here).items() if name == "scope"},
    )  # fmt: skip


def _asked(order: Order, document: Document) -> Asked:
    return Asked(
        current_user.id, order.entity_type, order.format, order.filters, order.fields, current_hospitals(), document.total
    )  # fmt: skip


def _plan(order: Order) -> Plan:
    return Plan(current_user.id, _name(), order.entity_type, order.format, order.filters, order.fields)


def _name() -> str:
    return request.form.get("name", "").strip()


def _dated(order: Order) -> dict[str, list[str]]:
    """Return the filters of a schedule: its days are set anew for each file."""
    kept = {name: list(values) for name, values in order.filters.items() if name not in _OF_ONE_DAY}
    names = ("startDate", "endDate") if order.thing.has_days else ("month",) if order.thing.has_month else ()
    return kept | {name: [""] for name in names}
