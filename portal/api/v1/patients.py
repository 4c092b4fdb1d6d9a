"""Patients: search and payment history. Answers carry ids, never names."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.answers import PatientItem, PaymentItem
from portal.api.v1.asked import currency_of, history_asked, patient_asked, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.parameters import HistoryQuery, SearchBody, SearchQuery
from portal.api.v1.schema import Query, operation
from portal.queries.patients import (
    HistoryRow,
    PatientRow,
    history_currencies,
    history_page,
    history_start,
    history_sum,
)
from portal.queries.search import find
from portal.security import current_hospitals, reads, requires
from warehouse.settings import load_secrets

blueprint = Blueprint("patients", __name__)


@blueprint.get("/reports/patients")
@requires("patients:read")
@operation(list[PatientItem])
def search(query: SearchQuery) -> Response:
    """Patients by id, invoice number, name, birth date or phone; at most 50, `meta.more` says whether there are more.

    For ids and invoice numbers: what is asked for stands in the address, which servers on the way may keep. Names, birth
    dates and phone numbers belong into `POST /reports/patients/search`.
    """
    return _found(query, query.q)


@blueprint.post("/reports/patients/search")
@requires("patients:read")
@reads
@operation(list[PatientItem])
def search_unseen(query: Query, json: SearchBody) -> Response:
    """The same search with `q` in the body: for names, birth dates and phone numbers, which no address should hold.

    Nothing is changed: tokens that only read may send it.
    """
    return _found(query, json.q)


def _found(query: Query, text: str) -> Response:
    here = reach()
    currency = currency_of(query, here.currencies)
    found = find(here.marts, text, current_hospitals(), load_secrets().search_key)
    # What was typed may be a name: it is not repeated in the answer.
    return ok([_patient(row, currency) for row in found.patients], currency=currency, more=found.more, filters={})


@blueprint.get("/reports/patients/<path:patient_id>/history")
@requires("patients:read")
@operation(list[PaymentItem], paged=True)
def history(patient_id: str, query: HistoryQuery) -> Response:
    """A patient's payments, oldest first; without dates, all since `meta.historyFrom` and older ones of what is open."""
    here = reach()
    ref = patient_asked(patient_id, here)
    currency = currency_of(query, history_currencies(here.marts, ref) or here.currencies[:1])
    asked = history_asked(query, ref, currency)
    total = history_sum(here.marts, asked)
    rows = history_page(here.marts, asked, query.page, query.limit)
    page = Pagination(query.page, query.limit, total.total)
    start = history_start(here.marts, ref.hospital_id)
    return ok(
        [_payment(row, currency) for row in rows], page, currency=currency,
        received=plain(total.received, currency), historyFrom=start,
    )  # fmt: skip


def _patient(row: PatientRow, currency: str) -> dict[str, object]:
    return {
        "patientId": row.patient_id,
        "hospitalId": row.hospital_id,
        "birthYear": row.birth_year,
        "lastVisit": row.last_visit_date,
        "lastPayment": row.last_payment_date,
        "openBalance": plain(row.open_balance(currency), currency),
    }


def _payment(row: HistoryRow, currency: str) -> dict[str, object]:
    return {
        "paymentId": row.payment_id,
        "paymentDate": row.payment_date,
        "amount": plain(row.amount, currency),
        "paymentStatus": row.payment_status,
        "method": row.method,
        "invoiceId": row.invoice_id,
    }
