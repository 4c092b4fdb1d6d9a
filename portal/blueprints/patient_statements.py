"""A patient's statement as PDF: open invoices, payments of a period and the balance, in one currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, Response

from portal.analytics.periods import DateRange
from portal.api.v1.asked import Reach, currency_of, patient_asked, reach, stamp
from portal.api.v1.download import download
from portal.api.v1.parameters import RangeQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import read
from portal.exports.statement_document import Account, statement_document
from portal.queries.outstanding import OutstandingFilter, outstanding_page, outstanding_sum
from portal.queries.patients import (
    HistoryFilter,
    PatientRef,
    account_currencies,
    credit_balance,
    history_page,
    history_sum,
)
from portal.security import narrow_to, requires

blueprint = Blueprint("patient_statements", __name__, url_prefix="/staff/reports/patients")
_USUAL = timedelta(days=90)
_MOST = 500  # lines of each table: what a PDF lays out in seconds


@blueprint.get("/<path:patient_id>/statement")
@requires("patients:read", "exports:create", fresh=True)
def show(patient_id: str) -> Response:
    """Return the statement; the payments are those of the last 90 days where the period is not said."""
    filters, here = read(RangeQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    ref = patient_asked(patient_id, here)
    narrow_to((ref.hospital_id,))  # it is on record there alone
    currency = currency_of(filters.query, account_currencies(here.marts, ref) or here.currencies[:1])
    account = _account(ref, currency, _days(filters.query, here), here)
    named = tuple(hospital.name for hospital in here.hospitals if hospital.hospital_id == ref.hospital_id)
    return download(statement_document(here.marts, account, replace(stamp(here), hospitals=named)), "pdf")


def _days(query: RangeQuery, here: Reach) -> DateRange:
    end = query.end_date or max(here.business_date, query.start_date or here.business_date)
    return DateRange(query.start_date or end - _USUAL, end)


def _account(ref: PatientRef, currency: str, days: DateRange, here: Reach) -> Account:
    owed = OutstandingFilter(currency, sort="dueDate", conditions={"patient_id": ref.patient_id})
    paid = HistoryFilter(currency, ref.patient_id, ref.hospital_id, start=days.start, end=days.end)
    open_sum, paid_sum = outstanding_sum(here.marts, owed), history_sum(here.marts, paid)
    if open_sum.total > _MOST:
        raise InvalidParametersError({"patientId": f"owes more than {_MOST} invoices: export them from Outstanding"})
    if paid_sum.total > _MOST:
        raise InvalidParametersError({"startDate": f"gives more than {_MOST} payments: choose a later day"})
    return Account(
        ref, currency, days, outstanding_page(here.marts, owed, 1, _MOST), open_sum.amount,
        credit_balance(here.marts, ref, currency), history_page(here.marts, paid, 1, _MOST), paid_sum.received,
    )  # fmt: skip
