"""Patients: search by id, invoice, name, birth date or phone, and one patient's payment history."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from portal.api.v1.asked import Reach, currencies_shown, currency_of, history_asked, patient_asked, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.parameters import ExportFormat, HistoryQuery
from portal.api.v1.schema import InvalidParametersError, Query
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.exports.documents import HISTORY_METRICS, history_document
from portal.formatting import day
from portal.queries.definitions import definitions
from portal.queries.patients import (
    HistoryFilter,
    HistoryRow,
    HistorySum,
    PatientRef,
    history_currencies,
    history_page,
    history_start,
    history_sum,
)
from portal.queries.patients import (
    described as describe_patients,
)
from portal.queries.search import Found, find
from portal.security import current_hospitals, requires
from warehouse.settings import load_secrets

blueprint = Blueprint("patients", __name__, url_prefix="/staff/patients")
_LONGEST = 200
Block = tuple[HistoryFilter, HistorySum, list[HistoryRow], list[tuple[str, str]]]


class FileQuery(HistoryQuery):
    """Parameters of the history's files."""

    format: ExportFormat = "csv"


@blueprint.get("")
@requires("patients:read")
def index() -> ResponseReturnValue:
    """Show the search."""
    return _search("", None)


@blueprint.post("")
@requires("patients:read")
def search() -> ResponseReturnValue:
    """Search. By POST, so that a name never stands in an address, a browser's history or a server's log."""
    text = " ".join(request.form.get("q", "")[:_LONGEST].split())
    here = reach()
    return _search(text, find(here.marts, text, current_hospitals(), load_secrets().search_key) if text else None)


@blueprint.get("/<path:patient_id>")
@requires("patients:read")
def history(patient_id: str) -> ResponseReturnValue:
    """Show a patient's payments, oldest first."""
    filters, here = read(HistoryQuery), reach()
    ref = _patient(patient_id, here)
    if isinstance(ref, list):
        return render_template("reports/patient_choice.html", patient_id=patient_id, choices=ref, link=link)
    blocks = _blocks(filters, ref, here)
    page = render_template(
        "reports/patient.html", ref=ref, query=filters.query, errors=filters.errors, blocks=blocks, **frame(here),
        patient=describe_patients(here.marts, [ref])[0], definitions=definitions(here.marts, HISTORY_METRICS),
        why_empty=_why_empty(filters.query, ref, here), hospital=_name(here, ref.hospital_id),
        start=history_start(here.marts, ref.hospital_id),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/<path:patient_id>/export")
@requires("patients:read", "exports:create", fresh=True)
def export(patient_id: str) -> Response:
    """Return the history as the page shows it, as a file."""
    filters, here = read(FileQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    ref = patient_asked(patient_id, here)
    currency = currency_of(filters.query, history_currencies(here.marts, ref) or here.currencies[:1])
    asked = history_asked(filters.query, ref, currency)
    shown = [("Patient", ref.patient_id)]
    document = history_document(
        here.marts, asked, history_sum(here.marts, asked), stamp(here), described(filters.query, here, shown)
    )
    return download(document, filters.query.format)


def _search(text: str, found: Found | None) -> ResponseReturnValue:
    here = reach()
    names = {hospital.hospital_id: hospital.name for hospital in here.hospitals}
    return render_template(
        "reports/patients.html", text=text, found=found, names=names, query=Query(), errors={}, **frame(here)
    )


def _patient(patient_id: str, here: Reach) -> PatientRef | list[tuple[str, str]]:
    try:
        return patient_asked(patient_id, here)
    except InvalidParametersError:  # several hospitals use the id: different people, the user says whom
        return [
            (link("patients.history", patient_id=patient_id, hospitalId=hospital.hospital_id), hospital.name)
            for hospital in here.hospitals
        ]


def _blocks(filters: Filters[HistoryQuery], ref: PatientRef, here: Reach) -> list[Block]:
    query = filters.query
    if filters.errors:
        return []
    try:
        shown = currencies_shown(query, history_currencies(here.marts, ref) or here.currencies[:1])
        asked = [history_asked(query, ref, currency) for currency in shown]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [_block(one, query, here) for one in asked]


def _block(asked: HistoryFilter, query: HistoryQuery, here: Reach) -> Block:
    addresses = [
        (name, link("patients.export", currency=asked.currency, format=name, page=None, limit=None)) for name in FORMATS
    ]
    rows = history_page(here.marts, asked, query.page, query.limit)
    return asked, history_sum(here.marts, asked), rows, addresses


def _why_empty(query: HistoryQuery, ref: PatientRef, here: Reach) -> str:
    limited = query.start_date or query.end_date or query.status
    if not limited:
        start = history_start(here.marts, ref.hospital_id)
        return f"This patient has made no payment{f' since {day(start)}, and nothing older is open' if start else ''}."
    currencies = history_currencies(here.marts, ref)
    sums = [history_sum(here.marts, history_asked(HistoryQuery(), ref, currency)) for currency in currencies]
    last = max((found.last for found in sums if found.last), default=None)
    known = f"the last payment is of {day(last)}" if last else "this patient's history has no payment at all"
    return f"No payment fits these filters: {known}."


def _name(here: Reach, hospital_id: str) -> str:
    return next((hospital.name for hospital in here.hospitals if hospital.hospital_id == hospital_id), hospital_id)
