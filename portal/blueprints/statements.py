"""Compensation statements by upload: a file is read, what it says is shown for correction, and what a person confirms is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field
from pydantic.alias_generators import to_camel
from werkzeug.exceptions import NotFound

from portal.analytics.money import plain
from portal.analytics.statement_reading import FIELDS, Statement, read_statement
from portal.api.v1.asked import Reach, reach
from portal.api.v1.billing_audit_desk import person, providers
from portal.api.v1.download import download_list
from portal.api.v1.parameters import Text
from portal.api.v1.practice_parameters import Month
from portal.api.v1.schema import PageQuery
from portal.api.v1.write_off_parameters import Body, Money
from portal.blueprints.filters import frame, read
from portal.blueprints.forms import Form, read_form
from portal.queries import statements as queries
from portal.queries.providers import LinkedProvider
from portal.queries.statements import ImportedStatement
from portal.security import audit_entry, current_providers, recorded, requires, sessions
from portal.services import statements as service
from portal.services.case_files import CaseFileError
from portal.services.case_logs import CaseLogError, Whose
from portal.services.conflicts import ConflictError
from portal.services.statement_files import kind_of, read_rows
from portal.services.statements import Stated

blueprint = Blueprint("statements", __name__, url_prefix="/compensation/statements")


_COLUMNS = (
    "month", "hospital_id", "provider_id", "provider_name", "currency", "gross_pay", "commission", "bonus", "deductions",
    "delivered_gross", "read_from", "imported_by", "imported_at", "ended_at",
)  # fmt: skip


class PlaceBody(Body):
    """Whose statement, and of which month."""

    provider: Text | None = None
    month: Month


class StatementBody(PlaceBody):
    """A statement as a person confirms it; net pay is only checked."""

    gross_pay: Money
    commission: Money | None = None
    bonus: Money | None = None
    deductions: Money | None = None
    net_pay: Money | None = None
    read_from: str = Field(default="typed", pattern="^(csv|xlsx|pdf|typed)$")


@blueprint.get("")
@requires("compensation:read")
def index() -> ResponseReturnValue:
    """Show the form for a file, and what was imported, the newest month first."""
    return _list(Form({}))


@blueprint.get("/export.csv")
@requires("compensation:read", "exports:create", fresh=True)
def export() -> Response:
    """Return what was imported, all pages of it, each statement with the currency that it is in."""
    here, links = reach(), current_providers()
    most = queries.statements_count(here.marts, links)
    found = queries.statements_page(here.marts, links, 1, most)
    return download_list("imported-statements", _COLUMNS, ([_cell(one, name) for name in _COLUMNS] for one in found))


@blueprint.post("/read")
@requires("compensation:read")
def preview() -> ResponseReturnValue:
    """Read a file and show what stands in it; without one, show the empty form to type into. Nothing is kept."""
    here, sent, form = reach(), request.files.get("file"), read_form(PlaceBody)
    if form.body is None:
        return _list(form), 400
    try:
        own = _own(form.body.provider, here)
    except CaseLogError as error:
        form.errors.update(error.fields)
        return _list(form), 400
    if sent is None or not sent.filename:
        return _confirm(own, form.values, {}, {})
    content = sent.read()
    try:
        found = read_statement(read_rows(content), get_currency_precision(_currency(own, here)))
    except CaseFileError as error:
        form.errors["file"] = str(error)
        return _list(form), 400
    values = {to_camel(name): "" if one.value is None else f"{one.value:f}" for name, one in found.items()}
    marks = {to_camel(name): "read in the file" if one.is_certain else one.why or "" for name, one in found.items()}
    return _confirm(own, form.values | values | {"readFrom": kind_of(content)}, {}, marks)


@blueprint.post("")
@requires("compensation:read", fresh=True)
def create() -> ResponseReturnValue:
    """Keep a statement as it was confirmed."""
    here, form = reach(), read_form(StatementBody)
    try:
        own = _own(form.values.get("provider"), here)
    except CaseLogError as error:
        form.errors.update(error.fields)
        return _list(form), 400
    if form.body is None:
        return _confirm(own, form.values, form.errors, {}), 400
    body, zero = form.body, Decimal(0)
    amounts = Statement(
        body.gross_pay, body.commission or zero, body.bonus or zero, body.deductions or zero, body.net_pay
    )
    stated = Stated(Whose(own.hospital_id, own.provider_id), body.month, amounts, body.read_from)
    try:
        service.save(stated, person(), sessions.now(), audit_entry("statement_import", "compensation_statement"))
    except CaseLogError as error:
        return _confirm(own, form.values, error.fields, {}), 400
    recorded()
    flash("Kept: the statement stands beside what was calculated.", "success")
    return redirect(url_for("statements.index"))


@blueprint.post("/<int:number>/withdraw")
@requires("compensation:read", fresh=True)
def withdraw(number: int) -> ResponseReturnValue:
    """Let a statement count no more."""
    if queries.find_statement(reach().marts, number, current_providers()) is None:
        raise NotFound("There is no such statement of your providers.")
    try:
        service.withdraw(number, person(), sessions.now(), audit_entry("statement_withdraw", "compensation_statement"))
    except ConflictError as error:
        flash(str(error), "warning")
    else:
        recorded()
        flash("The statement is withdrawn: it counts no more, and stays in the history.", "success")
    return redirect(url_for("statements.index"))


def _cell(one: ImportedStatement, name: str) -> str | None:
    value = getattr(one, name)
    if isinstance(value, Decimal):
        return plain(value, one.currency)
    return value.isoformat() if isinstance(value, date) else value


def _own(chosen: str | None, here: Reach) -> LinkedProvider:
    """Return the chosen provider of the caller's, named by hospital and id where several are; else the only one."""
    own = [one for one in providers(here) if chosen in (None, "", _name(one))]
    if len(own) != 1:
        raise CaseLogError(provider="Choose one of your providers.")
    return own[0]


def _name(one: LinkedProvider) -> str:
    return f"{one.hospital_id}|{one.provider_id}"


def _currency(own: LinkedProvider, here: Reach) -> str:
    return next(one.currency for one in here.hospitals if one.hospital_id == own.hospital_id)


def _list(form: Form[Any]) -> str:
    filters, here = read(PageQuery), reach()
    page, limit, links = filters.query.page, filters.query.limit, current_providers()
    return render_template(
        "practice/statements.html", form=form, query=filters.query, total=queries.statements_count(here.marts, links),
        statements=queries.statements_page(here.marts, links, page, limit),
        providers=[(_name(one), one.name) for one in providers(here)], **frame(here),
    )  # fmt: skip


def _confirm(own: LinkedProvider, values: dict[str, str], errors: dict[str, str], marks: dict[str, str]) -> str:
    here = reach()
    return render_template(
        "practice/statement_new.html", own=own, provider=_name(own), values=values, errors=errors, marks=marks,
        fields={to_camel(name): label for name, label in FIELDS.items()}, currency=_currency(own, here), **frame(here),
    )  # fmt: skip
