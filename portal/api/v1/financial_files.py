"""The financial reports that are files as well as answers: from an export's parameters to the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from portal.api.v1.asked import Reach, days_asked, stamp
from portal.api.v1.described import described
from portal.api.v1.parameters import ExportQuery
from portal.api.v1.schema import InvalidParametersError
from portal.exports import breakdown_documents, financial_documents, key_figure_documents, write_off_documents
from portal.exports.document import Document
from portal.queries.accounting import cash_receipts, roll_forward
from portal.queries.breakdowns import BreakdownFilter, by_department, by_doctor, by_payer
from portal.queries.collection_rates import CollectionFilter, collection_rate
from portal.queries.credits import open_credits
from portal.queries.key_figures import key_figures_count
from portal.queries.taxes import tax_summary
from portal.queries.write_offs import Status, WriteOffFilter

Words = list[tuple[str, str]]
# What every export takes; anything else must be a filter of the report, as one that is ignored gives a wrong figure.
_USUAL = {"report_type", "start_date", "end_date", "format", "hospital_id", "currency", "fields"}
_FILTERS = {
    "revenue-department": {"basis"},
    "revenue-doctor": {"basis", "limit"},
    "revenue-payer": {"basis", "split"},
    "collection-rate": {"group_by"},
    "write-offs": {"status", "category"},
}


def financial_file(query: ExportQuery, currency: str, here: Reach) -> Document:
    """Return the report that ``query`` names, one of ``REPORTS``.

    Raises:
        InvalidParametersError: for a filter that the report does not have, or too many periods.
    """
    foreign = query.model_fields_set - _USUAL - _FILTERS.get(query.report_type, set())
    if foreign:
        names = [ExportQuery.model_fields[name].alias or name for name in sorted(foreign)]
        raise InvalidParametersError(dict.fromkeys(names, f"is no filter of {query.report_type}"))
    return REPORTS[query.report_type](query, currency, here)


def _department(query: ExportQuery, currency: str, here: Reach) -> Document:
    found = by_department(here.marts, _breakdown(query, currency))
    return breakdown_documents.department_document(here.marts, found, stamp(here), _words(query, here))


def _doctor(query: ExportQuery, currency: str, here: Reach) -> Document:
    found = by_doctor(here.marts, _breakdown(query, currency), query.limit)
    return breakdown_documents.doctor_document(here.marts, found, stamp(here), _words(query, here))


def _payer(query: ExportQuery, currency: str, here: Reach) -> Document:
    found = by_payer(here.marts, _breakdown(query, currency))
    return breakdown_documents.payer_document(here.marts, found, stamp(here), _words(query, here))


def _collection(query: ExportQuery, currency: str, here: Reach) -> Document:
    asked = CollectionFilter(days_asked(query, query.group_by, "groupBy"), currency, query.group_by)
    report = collection_rate(here.marts, asked, here.business_date)
    return financial_documents.collection_document(here.marts, report, stamp(here), _words(query, here))


def _tax(query: ExportQuery, currency: str, here: Reach) -> Document:
    found = tax_summary(here.marts, days_asked(query), currency)
    return financial_documents.tax_document(here.marts, found, stamp(here), _words(query, here))


def _write_offs(query: ExportQuery, currency: str, here: Reach) -> Document:
    asked = WriteOffFilter(
        cast(Status | None, query.status), query.category, query.start_date, query.end_date, currency
    )
    return write_off_documents.write_offs_document(here.marts, asked, stamp(here), _words(query, here))


def _receipts(query: ExportQuery, currency: str, here: Reach) -> Document:
    found = cash_receipts(here.marts, days_asked(query, "day"), currency)
    return financial_documents.receipts_document(here.marts, found, stamp(here), _words(query, here))


def _roll_forward(query: ExportQuery, currency: str, here: Reach) -> Document:
    days = days_asked(query)
    months = roll_forward(here.marts, days, currency)
    words = _words(query, here)
    return financial_documents.roll_forward_document(here.marts, months, days, currency, stamp(here), words)


def _credits(query: ExportQuery, currency: str, here: Reach) -> Document:
    report = open_credits(here.marts, days_asked(query), currency)
    return financial_documents.credits_document(here.marts, report, stamp(here), _words(query, here))


def _key_figures(query: ExportQuery, currency: str, here: Reach) -> Document:
    days = days_asked(query)
    total = key_figures_count(here.marts, days, currency)
    words = _words(query, here)
    return key_figure_documents.key_figures_document(here.marts, days, currency, total, stamp(here), words)


REPORTS: dict[str, Callable[[ExportQuery, str, Reach], Document]] = {
    "revenue-department": _department,
    "revenue-doctor": _doctor,
    "revenue-payer": _payer,
    "collection-rate": _collection,
    "tax-summary": _tax,
    "write-offs": _write_offs,
    "cash-receipts": _receipts,
    "roll-forward": _roll_forward,
    "credits": _credits,
    "kpis": _key_figures,
}


def _breakdown(query: ExportQuery, currency: str) -> BreakdownFilter:
    # As in the answers: billed unless asked otherwise, where the revenue report is of what was collected.
    basis = query.basis if "basis" in query.model_fields_set else "billed"
    return BreakdownFilter(days_asked(query), currency, basis, query.split)


def _words(query: ExportQuery, here: Reach) -> Words:
    return described(query, here)
