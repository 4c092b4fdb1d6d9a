"""The billing audit: case logs that were uploaded, each with what the audit says of its days, and uploading one."""

from __future__ import annotations

import json as codec
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response
from flask_security import current_user
from werkzeug.datastructures import FileStorage

from portal.analytics.case_log_layout import FIELDS, Layout, propose
from portal.analytics.money import plain
from portal.analytics.periods import DateRange
from portal.api.v1.asked import Reach, reach
from portal.api.v1.billing_audit_desk import person, scope_asked, upload_asked, whose
from portal.api.v1.billing_audit_parameters import CaseLogBody, CaseLogForm, RunsQuery
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.schema import Camel, InvalidParametersError, RepeatableHeaders, operation
from portal.queries import case_logs
from portal.queries.billing_audits import BillingAudit, billing_audit
from portal.queries.case_logs import Upload
from portal.security import audit_entry, current_providers, recorded, requires, sessions
from portal.services import case_logs as service
from portal.services.case_files import CaseFile
from portal.services.case_logs import Assigned, NewFile
from portal.services.idempotency import Repeatable

blueprint = Blueprint("billing_audit", __name__, url_prefix="/billing-audit")


class AuditRun(Camel):
    """An upload, and what the audit says today of the days that it covers.

    ``missingIncome`` is what missing cases would usually bring; ``unexpectedBilled`` what was billed without being logged;
    ``billed`` and ``paid`` are of all billed cases of these days. The cases of a withdrawn upload count no more.
    """

    id: int
    hospital_id: str
    provider_id: str
    provider_name: str
    file_name: str
    created_at: datetime
    state: str
    covered_from: date
    covered_to: date
    rows_read: int
    rows_kept: int
    rows_rejected: int
    currency: str
    logged: int
    matched: int
    verified: int
    missing: int
    missing_income: str
    unexpected: int
    unexpected_billed: str
    discrepancies: int
    ambiguous: int
    billed: str
    paid: str


class RejectedRow(Camel):
    """A row that cannot be used: its number (of a file, its line) and why."""

    line: int
    reason: str


class SubmittedLog(AuditRun):
    """What became of the rows of a log, beside what the audit says of its days."""

    accepted: int
    rejected: list[RejectedRow]


@blueprint.get("/runs")
@requires("compensation:read")
@operation(list[AuditRun], paged=True)
def runs(query: RunsQuery) -> Response:
    """Case logs that were uploaded for the caller's providers, newest first, with counts and money of the audit of their days."""
    here = reach()
    if query.provider_id is not None:
        scope_asked(query.provider_id, "", here)
    more = {"provider_id": query.provider_id, "currency": query.currency}
    links = current_providers()
    found = case_logs.uploads_page(here.marts, links, None, query.page, query.limit, **more)
    page = Pagination(query.page, query.limit, case_logs.uploads_count(here.marts, links, None, **more))
    audits = {currency: _audit(currency, here) for currency in {upload.currency for upload in found}}
    items = [_run(upload, audits[upload.currency]).model_dump(by_alias=True) for upload in found]
    return ok(items, page, currency=query.currency)


@blueprint.post("/case-logs")
@requires("compensation:read")
@operation(SubmittedLog, status=201, failures=(409,))
def create(json: CaseLogBody, form: CaseLogForm, headers: RepeatableHeaders) -> Response:
    """Upload a case log, as rows or as a file (CSV or XLSX, in a form), and compare it with what was billed.

    Rows that cannot be used are named with the reason, and the others are kept. With a header `Idempotency-Key`, one for each
    log, the same request can be sent again when no answer came. A file that was imported before is answered with 409.
    """
    here = reach()
    body = json or form
    own = whose(body.provider_id, here)
    file, layout = _rows(json) if json else _file(form, here)
    repeated = (
        Repeatable(current_user.id, headers.idempotency_key, _asked(body, file)) if headers.idempotency_key else None
    )
    entry = audit_entry("case_log_import", "case_log_upload")
    number = service.submit(
        own, file, Assigned(layout, body.days), person(), sessions.now(), entry, repeatable=repeated
    )
    recorded()
    return _submitted(number)


def _rows(body: CaseLogBody) -> tuple[NewFile, Layout]:
    rows = tuple(
        (number, (row.case_date, row.patient_ticket, row.cpt_codes, row.minutes, row.notes))
        for number, row in enumerate(body.rows, start=1)
    )
    content = codec.dumps([cells for _, cells in rows]).encode()
    return NewFile("API", content, CaseFile(FIELDS, rows)), Layout({name: name for name in FIELDS})


def _file(form: CaseLogForm, here: Reach) -> tuple[NewFile, Layout]:
    sent: FileStorage = form.file  # type: ignore[assignment]  # what spectree calls BaseFile is the framework's own
    file = NewFile.of(sent.filename or "log", sent.read())
    proposal = propose(file.read.headings, file.read.rows, case_logs.layouts(here.marts, current_user.id))
    named = {name: heading for name in FIELDS if (heading := getattr(form, name))}
    if unknown := {
        str(name): "names no column of the file" for name, heading in named.items() if heading not in file.read.headings
    }:
        raise InvalidParametersError(unknown)
    if proposal.is_date_unclear and form.date_order is None:
        raise InvalidParametersError(
            {
                "dateOrder": "is required, as every date could be read with day and month the other way round: ymd, mdy or dmy"
            }
        )
    return file, Layout(named or proposal.layout.columns, form.date_order or proposal.layout.date_order)


def _asked(body: CaseLogBody | CaseLogForm, file: NewFile) -> str:
    return f"case log {body.model_dump_json(exclude={'rows', 'file'})} {file.content.hex()}"


def _submitted(number: int) -> Response:
    here = reach()
    upload = upload_asked(number, here)
    values = _run(upload, _audit(upload.currency, here)).model_dump()
    rejected = [RejectedRow(**one) for one in upload.rejected]
    answer = SubmittedLog(accepted=upload.rows_kept or 0, rejected=rejected, **values)
    return ok(answer.model_dump(by_alias=True), status=201, currency=upload.currency)


def _audit(currency: str, here: Reach) -> BillingAudit:
    return billing_audit(here.marts, scope_asked(None, currency, here))


def _run(upload: Upload, audit: BillingAudit) -> AuditRun:
    start, end = upload.covered_from or upload.business_date, upload.covered_to or upload.business_date
    found = audit.of(upload.hospital_id, upload.provider_id, DateRange(start, end)).summary
    names = ("logged", "matched", "verified", "missing", "unexpected", "discrepancies", "ambiguous")
    counts: dict[str, Any] = {name: getattr(found, name) for name in names}
    return AuditRun(
        id=upload.id, hospital_id=upload.hospital_id, provider_id=upload.provider_id, provider_name=upload.provider_name,
        file_name=upload.file_name, created_at=upload.created_at, state="withdrawn" if upload.withdrawn_at else "imported",
        covered_from=start, covered_to=end, rows_read=upload.rows_read, rows_kept=upload.rows_kept or 0,
        rows_rejected=len(upload.rejected), currency=upload.currency, missing_income=plain(found.missing_income, upload.currency),
        unexpected_billed=plain(found.unexpected_billed, upload.currency), billed=plain(found.billed_amount, upload.currency),
        paid=plain(found.paid_amount, upload.currency), **counts,
    )  # fmt: skip
