"""Accounts receivable by age."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.answers import AgingData
from portal.api.v1.asked import aging_asked, currency_of, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.parameters import AgingQuery
from portal.api.v1.schema import operation
from portal.queries.aging import AgingReport, AgingRow, aging, aging_page
from portal.security import requires

blueprint = Blueprint("aging", __name__)


@blueprint.get("/financial-reports/ar-aging")
@requires("financial-reports:read")
@operation(AgingData, paged=True)
def show(query: AgingQuery) -> Response:
    """Receivables by age as of any day, as known on any day, with the invoices behind them."""
    here = reach()
    asked = aging_asked(query, currency_of(query, here.currencies), here)
    report = aging(here.marts, asked)
    details = aging_page(here.marts, asked, query.page, query.limit)
    page = Pagination(query.page, query.limit, report.detail_count)
    return ok(_data(report, details), page, currency=asked.currency)


def _data(report: AgingReport, details: list[AgingRow]) -> dict[str, object]:
    asked, currency = report.asked, report.asked.currency
    return {
        "asOfDate": asked.as_of,
        "knownAt": asked.known_at,
        "buckets": [
            {"bucket": item.bucket, "amount": plain(item.amount, currency), "invoiceCount": item.invoice_count}
            for item in report.buckets
        ],
        "current": plain(report.current, currency),
        "totalOutstanding": plain(report.outstanding, currency),
        "invoiceCount": report.invoice_count,
        "credits": plain(report.credits, currency),
        "creditBuckets": [
            {"bucket": item.bucket, "amount": plain(item.amount, currency), "count": item.invoice_count}
            for item in report.credit_buckets
        ],
        "net": plain(report.outstanding - report.credits, currency),
        "details": [_item(row, currency) for row in details],
    }


def _item(row: AgingRow, currency: str) -> dict[str, object]:
    return {
        "invoiceId": row.invoice_id,
        "instalmentNo": row.instalment_no,
        "hospitalId": row.hospital_id,
        "patientId": row.patient_id,
        "invoiceDate": row.invoice_date,
        "dueDate": row.due_date,
        "daysOverdue": row.days_overdue,
        "amountDue": plain(row.amount_due, currency),
        "bucket": row.bucket,
    }
