"""Disputes with the billing company: the list, one with its history, sending one, and what happens to it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.analytics.disputes import FINDINGS, NEXT, OUTCOMES
from portal.analytics.money import plain
from portal.api.v1.asked import currencies_shown, currency_of, reach, stamp
from portal.api.v1.billing_audit_desk import person, providers
from portal.api.v1.described import described
from portal.api.v1.dispute_desk import Listed, Listing, dispute_asked, listing, subject_asked
from portal.api.v1.dispute_parameters import DisputesQuery, SendBody, StepBody
from portal.api.v1.download import download
from portal.api.v1.parameters import ExportFormat
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, frame, link, read
from portal.blueprints.forms import Form, read_form
from portal.exports.dispute_documents import DisputeLine, disputes_document
from portal.queries.disputes import steps
from portal.queries.filing_limits import payers
from portal.security import audit_entry, recorded, requires, sessions
from portal.services import disputes as service
from portal.services.case_logs import CaseLogError
from portal.services.conflicts import ConflictError
from portal.services.disputes import Claim, Hand, Step, Subject
from warehouse.settings import load_secrets

blueprint = Blueprint("case_disputes", __name__, url_prefix="/audit/disputes")


class FileQuery(DisputesQuery):
    """Parameters of the page's files."""

    format: ExportFormat = "csv"


@blueprint.get("")
@requires("compensation:read")
def index() -> ResponseReturnValue:
    """Show the disputes of the caller's providers, the most urgent first, and what they add up to."""
    filters, here = read(DisputesQuery), reach()
    blocks: list[Listing] = []
    try:
        if not filters.errors:
            shown = currencies_shown(filters.query, here.currencies)
            blocks = [listing(filters.query, here, currency) for currency in shown]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
    page = render_template(
        "audit/disputes.html", query=filters.query, errors=filters.errors, blocks=[one for one in blocks if one.is_any],
        findings=FINDINGS, outcomes=OUTCOMES, exports=_exports,
        providers=[(one.provider_id, one.name) for one in providers(here)], **frame(here),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/export")
@requires("compensation:read", "exports:create", fresh=True)
def export() -> Response:
    """Return the disputes that the page shows, all pages of them, as a file."""
    filters, here = read(FileQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    found = listing(filters.query, here, currency_of(filters.query, here.currencies))
    lines = [_line(one) for one in found.rows]
    words = described(filters.query, here)
    return download(disputes_document(lines, found.sums, found.currency, stamp(here), words), filters.query.format)


@blueprint.get("/new/<key>")
@requires("compensation:read")
def new(key: str) -> str:
    """Show the form that notes that a case was sent to the billing company."""
    subject = subject_asked(key, reach())
    return _new(subject, Form({"payer": str(subject.payer_key or ""), "claimed": _typed(subject)}))


@blueprint.post("/new/<key>")
@requires("compensation:read", fresh=True)
def create(key: str) -> ResponseReturnValue:
    """Note that a case was sent to the billing company."""
    here, form = reach(), read_form(SendBody)
    subject = subject_asked(key, here)
    if form.body is None:
        return _new(subject, form), 400
    if form.body.payer and form.body.payer not in {one.payer_key for one in payers(here.marts)}:
        form.errors["payer"] = "Choose one of the list."
        return _new(subject, form), 400
    sent = Step("sent", form.body.on_date, note=form.body.note)
    try:
        number = service.send(subject, Claim(form.body.claimed, form.body.payer), sent, _hand("dispute_send"))
    except CaseLogError as error:
        form.errors.update(error.fields)
        return _new(subject, form), 400
    except ConflictError as error:
        form.errors["form"] = str(error)
        return _new(subject, form), 409
    recorded()
    flash("Noted: it is in the list until it is recovered or withdrawn.", "success")
    return redirect(url_for("case_disputes.show", number=number))


@blueprint.get("/<int:number>")
@requires("compensation:read")
def show(number: int) -> str:
    """Show a dispute with everything that happened to it."""
    return _page(dispute_asked(number, reach()), Form({}))


@blueprint.post("/<int:number>")
@requires("compensation:read", fresh=True)
def go_on(number: int) -> ResponseReturnValue:
    """Note what happened to a dispute."""
    found, form = dispute_asked(number, reach()), read_form(StepBody)
    if form.body is None:
        return _page(found, form), 400
    step = Step(form.body.kind, form.body.on_date, form.body.outcome, form.body.amount, form.body.note)
    try:
        service.go_on(number, step, _hand(f"dispute_{step.kind}"))
    except CaseLogError as error:
        form.errors.update(error.fields)
        return _page(found, form), 400
    except ConflictError as error:
        form.errors["form"] = str(error)
        return _page(found, form), 409
    recorded()
    flash("Noted.", "success")
    return redirect(url_for("case_disputes.show", number=number))


@blueprint.post("/<int:number>/undo/<int:step>")
@requires("compensation:read", fresh=True)
def undo(number: int, step: int) -> ResponseReturnValue:
    """Take the last step of a dispute back."""
    dispute_asked(number, reach())
    entry = audit_entry("dispute_undo", "dispute", resource_id=str(number))
    try:
        service.take_back(number, step, person(), sessions.now(), entry)
    except ConflictError as error:
        flash(str(error), "warning")
    else:
        recorded()
        flash("The step is taken back; it stays in the history.", "success")
    return redirect(url_for("case_disputes.show", number=number))


def _line(one: Listed) -> DisputeLine:
    file_by = one.deadline.day if one.dispute.is_open else None
    return DisputeLine(one.dispute, file_by, one.proposal.amount if one.proposal else None)


def _exports(currency: str) -> list[tuple[str, str]]:
    return [(name, link("case_disputes.export", currency=currency, format=name, page=None)) for name in FORMATS]


def _new(subject: Subject, form: Form[SendBody]) -> str:
    here = reach()
    return render_template(
        "audit/dispute_new.html", subject=subject, form=form, finding=FINDINGS[subject.finding],
        payers=[(str(one.payer_key), one.name) for one in payers(here.marts)], today=here.business_date, **frame(here),
    )  # fmt: skip


def _page(found: Listed, form: Form[StepBody]) -> str:
    here, dispute = reach(), found.dispute
    keys = load_secrets().phi_keys
    history = [(one, one.words(keys)) for one in steps(here.marts, dispute.id)]
    standing = [one.id for one, _ in history if one.undone_at is None]
    return render_template(
        "audit/dispute.html", found=found, dispute=dispute, history=history, form=form, outcomes=OUTCOMES,
        finding=FINDINGS[dispute.finding], following=NEXT[dispute.state],
        undoable=standing[-1] if len(standing) > 1 else None, today=here.business_date, **frame(here),
    )  # fmt: skip


def _hand(action: str) -> Hand:
    return Hand(person(), sessions.now(), audit_entry(action, "dispute"), load_secrets().phi_keys)


def _typed(subject: Subject) -> str:
    return "" if subject.suggested is None else plain(subject.suggested, subject.currency)
