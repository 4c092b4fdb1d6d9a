"""Write-offs: the queue, asking for one, deciding it, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.exceptions import NotFound

from portal.analytics.periods import DateRange
from portal.api.v1 import write_off_desk as desk
from portal.api.v1.asked import Reach, currencies_shown, currency_of, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.parameters import LAST_DAY, ExportFormat
from portal.api.v1.schema import InvalidParametersError
from portal.api.v1.write_off_parameters import DecisionBody, WriteOffBody, WriteOffsQuery, write_offs_asked
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.blueprints.forms import Form, read_form
from portal.exports.write_off_documents import write_offs_document
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.ledger import Invoice
from portal.queries.write_off_figures import WorkflowFigures, workflow_figures
from portal.queries.write_offs import (
    RequestedSum,
    WriteOff,
    WriteOffFilter,
    WriteOffSummary,
    requested_sums,
    reversals,
    write_off_summary,
    write_offs_count,
    write_offs_page,
)
from portal.security import requires
from portal.services.conflicts import ConflictError
from portal.services.write_off_rules import CATEGORIES, WriteOffError
from portal.services.write_offs import NotYoursToDecideError

blueprint = Blueprint("write_offs", __name__, url_prefix="/staff/write-offs")
_METRICS = ("written_off", "recovered_amount")
_DONE = {
    "approve": "Write-off {} is approved: the balance changed with it.",
    "reject": "Write-off {} is rejected: nothing else changed.",
    "cancel": "Request {} is cancelled.",
    "reverse": "The taking back of write-off {} was asked for: somebody else has to decide.",
}


class FileQuery(WriteOffsQuery):
    """Parameters of the queue's files."""

    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Block:
    """Sums of one currency: what was written off on the days of the page, and what waits for a decision."""

    summary: WriteOffSummary
    waiting: RequestedSum | None
    figures: WorkflowFigures

    @property
    def currency(self) -> str:
        """The currency of the block."""
        return self.summary.currency

    def behind(self, figure: str, category: str | None = None) -> Behind:
        """Return where a figure of the days of the page leads."""
        days = self.summary.days
        return Behind(figure, {"startDate": days.start, "endDate": days.end, "category": category})

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of the queue as files."""
        return [(name, link("write_offs.export", currency=self.currency, format=name, page=None)) for name in FORMATS]


@blueprint.get("")
@requires("financial-reports:read")
def index() -> ResponseReturnValue:
    """Show what was asked for and what became of it, newest first, with the sums of the days."""
    filters, here = read(WriteOffsQuery), reach()
    query = filters.query
    asked = write_offs_asked(query, query.currency)
    blocks = _blocks(filters, here)
    rows = [] if filters.errors else write_offs_page(here.marts, asked, query.page, query.limit)
    page = render_template(
        "write_offs/index.html", query=query, errors=filters.errors, blocks=blocks, rows=rows,
        total=0 if filters.errors else write_offs_count(here.marts, asked), categories=CATEGORIES,
        days=_days(query, here), definitions=definitions(here.marts, _METRICS), may_decide=_may_decide,
        may_write="financial-reports:write" in current_user.permissions,
        may_approve="financial-reports:approve" in current_user.permissions, **frame(here),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/export")
@requires("financial-reports:read", "exports:create", fresh=True)
def export() -> Response:
    """Return the requests that the page shows, all pages of them, as a file of one currency."""
    filters, here = read(FileQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = write_offs_asked(filters.query, currency_of(filters.query, here.currencies))
    return download(
        write_offs_document(here.marts, asked, stamp(here), described(filters.query, here)), filters.query.format
    )


@blueprint.get("/new")
@requires("financial-reports:write")
def new() -> ResponseReturnValue:
    """Show the form by which a write-off is asked for."""
    known = ("invoiceId", "amount", "hospitalId", "sourceName")
    form: Form[WriteOffBody] = Form({name: request.args[name] for name in known if name in request.args})
    return _form(form)


@blueprint.post("/new")
@requires("financial-reports:write")
def create() -> ResponseReturnValue:
    """Ask for a write-off; what is wrong stands beside its field, and the rest of the form is kept."""
    form = read_form(WriteOffBody)
    if form.body:
        try:
            number = desk.ask(form.body, request.form.get("key"))
        except (WriteOffError, InvalidParametersError) as error:
            form.errors = error.fields
        except NotFound as error:
            form.errors = {"invoiceId": str(error.description)}
        except ConflictError as error:
            form.errors = {"form": str(error)}
        else:
            flash(f"Request {number} waits for somebody to decide.", "success")
            return redirect(url_for("write_offs.show", number=number))
    return _form(form), 400


@blueprint.get("/<int:number>")
@requires("financial-reports:read")
def show(number: int) -> str:
    """Show a request with its history, and what can be done with it."""
    return _detail(desk.found(number))


@blueprint.post("/<int:number>/approve")
@requires("financial-reports:approve", fresh=True)
def approve(number: int) -> ResponseReturnValue:
    """Approve a request: the balance changes with it."""
    return _act(number, "approve")


@blueprint.post("/<int:number>/reject")
@requires("financial-reports:approve", fresh=True)
def reject(number: int) -> ResponseReturnValue:
    """Reject a request."""
    return _act(number, "reject")


@blueprint.post("/<int:number>/cancel")
@requires("financial-reports:write")
def cancel(number: int) -> ResponseReturnValue:
    """Take a pending request out of the queue."""
    return _act(number, "cancel")


@blueprint.post("/<int:number>/reverse")
@requires("financial-reports:write")
def reverse(number: int) -> ResponseReturnValue:
    """Ask for an approved write-off to be taken back."""
    return _act(number, "reverse")


def _act(number: int, how: str) -> ResponseReturnValue:
    form = read_form(DecisionBody)
    try:
        if form.body is None:
            raise WriteOffError(**form.errors)
        desk.decide(how, number, form.body.notes)
    except WriteOffError as error:
        return _detail(desk.found(number), Form(form.values, errors=error.fields)), 400
    except NotYoursToDecideError as error:
        return _detail(desk.found(number), Form(form.values, errors={"form": str(error)})), 403
    except ConflictError as error:
        return _detail(desk.found(number), Form(form.values, errors={"form": str(error)})), 409
    flash(_DONE[how].format(number), "success")
    if "back" in request.form:
        return redirect(f"{url_for('write_offs.index')}?{request.form['back']}")
    return redirect(url_for("write_offs.show", number=number))


def _detail(row: WriteOff, form: Form[DecisionBody] | None = None) -> str:
    here = reach()
    permissions = current_user.permissions
    return render_template(
        "write_offs/detail.html", row=row, form=form or Form({}), reversals=reversals(here.marts, row.id),
        may_decide=_may_decide(row), is_own=row.requested_by_id == current_user.id, limit=desk.decider().limit,
        may_write="financial-reports:write" in permissions, may_approve="financial-reports:approve" in permissions,
        names={hospital.hospital_id: hospital.name for hospital in here.hospitals}, **frame(here),
    )  # fmt: skip


def _form(form: Form[WriteOffBody]) -> str:
    here = reach()
    return render_template(
        "write_offs/new.html", form=form, categories=CATEGORIES, invoice=_invoice(form, here), key=uuid4().hex,
        **frame(here),
    )  # fmt: skip


def _invoice(form: Form[WriteOffBody], here: Reach) -> Invoice | None:
    """Return the invoice that the form names, None while it names none or several."""
    number = form.values.get("invoiceId", "").strip()
    if not number:
        return None
    try:
        return desk.invoice_of(
            number, form.values.get("hospitalId") or None, form.values.get("sourceName") or None, here
        )
    except (NotFound, InvalidParametersError):
        return None


def _may_decide(row: WriteOff) -> bool:
    limit = desk.decider().limit
    return (
        row.status == "PENDING"
        and "financial-reports:approve" in current_user.permissions
        and row.requested_by_id != current_user.id
        and (limit is None or row.amount <= limit)
    )


def _blocks(filters: Filters[WriteOffsQuery], here: Reach) -> list[Block]:
    if filters.errors:
        return []
    try:
        shown = currencies_shown(filters.query, here.currencies)
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [_block(currency, _days(filters.query, here), here) for currency in shown]


def _block(currency: str, days: DateRange, here: Reach) -> Block:
    waiting = requested_sums(here.marts, WriteOffFilter(status="PENDING", currency=currency))
    figures = workflow_figures(here.marts, days, currency)
    return Block(write_off_summary(here.marts, days, currency), waiting[0] if waiting else None, figures)


def _days(query: WriteOffsQuery, here: Reach) -> DateRange:
    # Without an end, what was decided after the build's business date counts too.
    start: date = query.start_date or min(here.business_date.replace(day=1), query.end_date or here.business_date)
    return DateRange(start, query.end_date or LAST_DAY)
