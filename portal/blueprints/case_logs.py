"""Case logs: uploading a file, saying which column is what with a preview, importing it, and withdrawing it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.exceptions import NotFound

from portal.analytics.case_log_layout import DATE_ORDERS, FIELDS, Layout, Proposal, propose
from portal.analytics.case_log_rows import ReadLog, read_log
from portal.api.v1.asked import reach
from portal.api.v1.billing_audit_desk import person, providers, upload_asked, whose
from portal.api.v1.billing_audit_parameters import ColumnsBody, RunsQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import frame, read
from portal.blueprints.forms import Form, read_form
from portal.queries import case_logs
from portal.queries.case_logs import Upload
from portal.security import audit_entry, current_providers, recorded, requires, sessions
from portal.services import case_logs as service
from portal.services.case_files import CaseFile, CaseFileError, read_case_file
from portal.services.case_logs import Assigned, CaseLogError, NewFile, UnknownUploadError
from portal.services.conflicts import ConflictError

blueprint = Blueprint("case_logs", __name__, url_prefix="/audit/uploads")
_LABELS = {"date": "Date", "ticket": "Ticket", "codes": "CPT codes", "minutes": "Minutes", "notes": "Notes"}
_ORDERS = {"ymd": "2026-03-31", "mdy": "03/31/2026", "dmy": "31/03/2026"}
_PREVIEW_ROWS = 10
_SHOWN_REJECTED = 200


@dataclass(frozen=True)
class Draft:
    """A file that waits to be imported, as it would be read."""

    file: CaseFile
    proposal: Proposal
    layout: Layout
    read: ReadLog
    same_as: int | None


@blueprint.get("")
@requires("compensation:read")
def index() -> ResponseReturnValue:
    """Show the form for a new file, and what was uploaded, newest first."""
    return _list({})


@blueprint.post("")
@requires("compensation:read")
def create() -> ResponseReturnValue:
    """Take a file in, and go on to its columns."""
    sent, here = request.files.get("file"), reach()
    if sent is None or not sent.filename:
        return _list({"file": "Choose a file: CSV or XLSX."}), 400
    chosen = request.form.get("provider", "")
    try:
        own = whose(chosen or None, here)
        entry = audit_entry("case_log_upload", "case_log_upload")
        number = service.draft(own, NewFile.of(sent.filename, sent.read()), person(), sessions.now(), entry)
    except InvalidParametersError as error:
        return _list({"provider": " ".join(error.fields.values())}, chosen), 400
    except NotFound:
        return _list({"provider": "Choose one of your providers."}, chosen), 400
    except CaseFileError as error:
        return _list({"file": str(error)}, chosen), 400
    recorded()
    return redirect(url_for("case_logs.show", number=number))


@blueprint.get("/<int:number>")
@requires("compensation:read")
def show(number: int) -> ResponseReturnValue:
    """Show what a file would be read as, or what became of its rows."""
    upload = upload_asked(number, reach())
    if upload.imported_at is None:
        return _columns(upload, Form({}))
    return render_template("audit/upload.html", upload=upload, **frame(reach()))


@blueprint.post("/<int:number>/preview")
@requires("compensation:read")
def preview(number: int) -> ResponseReturnValue:
    """Show how a file would be read with other columns."""
    upload = upload_asked(number, reach())
    if upload.imported_at is not None:
        return redirect(url_for("case_logs.show", number=number))
    return _columns(upload, Form(request.form.to_dict()))


@blueprint.post("/<int:number>/import")
@requires("compensation:read", fresh=True)
def import_upload(number: int) -> ResponseReturnValue:
    """Make the cases of a file count."""
    upload = upload_asked(number, reach())
    form = read_form(ColumnsBody)
    try:
        if upload.imported_at is not None:
            raise ConflictError(f"Upload {number} was imported already.")
        if form.body is None:
            raise CaseLogError(**form.errors)
        layout = _layout(form.values, _draft(upload, form).proposal)
        entry = audit_entry("case_log_import", "case_log_upload")
        log = service.import_upload(number, Assigned(layout, form.body.days), person(), sessions.now(), entry)
    except CaseLogError as error:
        return _columns(upload, Form(form.values, errors=error.fields)), 400
    except (ConflictError, UnknownUploadError) as error:
        flash(str(error), "warning")
        return redirect(url_for("case_logs.show", number=number))
    recorded()
    flash(f"{len(log.rows):,} rows are in the log.", "success")
    if log.rejected:
        flash(f"{len(log.rejected):,} rows are not: why stands with the upload.", "warning")
        return redirect(url_for("case_logs.show", number=number))
    return redirect(url_for("billing_audit.index", providerId=upload.provider_id))


@blueprint.post("/<int:number>/withdraw")
@requires("compensation:read", fresh=True)
def withdraw(number: int) -> ResponseReturnValue:
    """Let the cases of a file count no more."""
    upload_asked(number, reach())
    try:
        entry = audit_entry("case_log_withdraw", "case_log_upload", resource_id=str(number))
        service.withdraw(number, person(), sessions.now(), entry)
    except ConflictError as error:
        flash(str(error), "warning")
    else:
        recorded()
        flash(f"Upload {number} is withdrawn: its cases count no more.", "success")
    return redirect(url_for("case_logs.index"))


def _list(errors: dict[str, str], chosen: str = "") -> str:
    filters, here = read(RunsQuery), reach()
    query, links = filters.query, current_providers()
    more = {"provider_id": query.provider_id, "currency": query.currency}
    return render_template(
        "audit/uploads.html", errors=errors, chosen=chosen, query=query,
        providers=[(one.provider_id, f"{one.name} ({one.provider_id})") for one in providers(here)],
        uploads=case_logs.uploads_page(here.marts, links, current_user.id, query.page, query.limit, **more),
        total=case_logs.uploads_count(here.marts, links, current_user.id, **more), **frame(here),
    )  # fmt: skip


def _columns(upload: Upload, form: Form[ColumnsBody]) -> str:
    draft = _draft(upload, form)
    return render_template(
        "audit/columns.html", upload=upload, draft=draft, form=form, labels=_LABELS, orders=list(_ORDERS.items()),
        rows=draft.read.rows[:_PREVIEW_ROWS], rejected=draft.read.rejected[:_SHOWN_REJECTED], **frame(reach()),
    )  # fmt: skip


def _draft(upload: Upload, form: Form[ColumnsBody]) -> Draft:
    here = reach()
    content = case_logs.content(here.marts, upload.id)
    if content is None:
        raise UnknownUploadError(f"Upload {upload.id} waits no longer to be imported.")
    file = read_case_file(content)
    proposal = propose(file.headings, file.rows, case_logs.layouts(here.marts, current_user.id))
    layout = _layout(form.values, proposal)
    same = case_logs.same_file(here.marts, upload.hospital_id, upload.provider_id, upload.checksum)
    return Draft(file, proposal, layout, read_log(file.headings, file.rows, layout, upload.business_date), same)


def _layout(values: dict[str, str], proposal: Proposal) -> Layout:
    """Return the columns as chosen in the form, else as proposed."""
    if not any(name in values for name in FIELDS):
        return proposal.layout
    columns = {name: values[name] for name in FIELDS if values.get(name)}
    order = next((one for one in DATE_ORDERS if one == values.get("dateOrder")), proposal.layout.date_order)
    return Layout(columns, order)
