"""Exports of the financial reports as files."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import Blueprint, Response

from portal.api.v1.asked import (
    Reach,
    aging_asked,
    currency_of,
    history_asked,
    outstanding_asked,
    patient_asked,
    reach,
    revenue_asked,
    stamp,
)
from portal.api.v1.described import described
from portal.api.v1.download import download, unread
from portal.api.v1.fields import narrowed
from portal.api.v1.financial_files import financial_file
from portal.api.v1.parameters import ExportQuery, HistoryQuery
from portal.api.v1.schema import InvalidParametersError, operation
from portal.exports import documents
from portal.exports.document import Document
from portal.queries.aging import aging
from portal.queries.outstanding import outstanding_sum
from portal.queries.patients import history_sum
from portal.queries.revenue import revenue
from portal.queries.write_offs import STATUSES
from portal.security import requires

blueprint = Blueprint("export", __name__)
_STATUSES = {
    "patient-history": ("paid", "pending", "failed", "refunded"),
    "outstanding": ("not_due", "overdue", "collection", "written_off"),
    "write-offs": STATUSES,
}


@blueprint.get("/financial-reports/export")
@requires("financial-reports:read", "exports:create", fresh=True)
@operation()
def export(query: ExportQuery) -> Response:
    """A report as CSV, XLSX or PDF."""
    return unread(download(narrowed(report_document(query, reach()), query.fields), query.format, query.report_type))


def report_document(query: ExportQuery, here: Reach) -> Document:
    """Return the report that ``query`` asks for.

    Raises:
        InvalidParametersError: for what the report cannot be asked.
    """
    _check_status(query)
    makers = {"revenue": _revenue, "patient-history": _history, "outstanding": _outstanding, "ar-aging": _aging}
    make = makers.get(query.report_type, financial_file)
    return make(query, currency_of(query, here.currencies), here)


def _check_status(query: ExportQuery) -> None:
    allowed = _STATUSES.get(query.report_type, ())
    if query.status is not None and query.status not in allowed:
        named = f"must be one of {', '.join(allowed)}" if allowed else f"is no filter of {query.report_type}"
        raise InvalidParametersError({"status": named})
    if query.category is not None and query.report_type != "write-offs":
        raise InvalidParametersError({"category": f"is no filter of {query.report_type}"})


def _revenue(query: ExportQuery, currency: str, here: Reach) -> Document:
    asked = revenue_asked(query, currency, here)
    report = revenue(here.marts, asked, here.business_date)
    return documents.revenue_document(here.marts, report, stamp(here), described(query, here))


def _history(query: ExportQuery, currency: str, here: Reach) -> Document:
    ref = patient_asked(query.patient_id, here) if query.patient_id else None
    asked = history_asked(cast(HistoryQuery, query), ref, currency)
    return documents.history_document(
        here.marts, asked, history_sum(here.marts, asked), stamp(here), described(query, here)
    )


def _outstanding(query: ExportQuery, currency: str, here: Reach) -> Document:
    asked = outstanding_asked(query, currency, here, end=query.end_date)
    total = outstanding_sum(here.marts, asked)
    words = _words(query, here, asked.as_of or here.business_date)
    return documents.outstanding_file(here.marts, asked, total, stamp(here), words)


def _aging(query: ExportQuery, currency: str, here: Reach) -> Document:
    report = aging(here.marts, aging_asked(query, currency, here, end=query.end_date))
    return documents.aging_document(here.marts, report, stamp(here), _words(query, here, report.asked.as_of))


def _words(query: ExportQuery, here: Reach, as_of: date) -> list[tuple[str, str]]:
    return described(query, here, [("As of", as_of)], ignored=("start_date", "end_date"))
