"""Open invoices."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.answers import OutstandingItem
from portal.api.v1.asked import currency_of, outstanding_asked, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.parameters import OutstandingQuery
from portal.api.v1.schema import operation
from portal.queries.outstanding import OutstandingRow, outstanding_page, outstanding_sum
from portal.security import requires

blueprint = Blueprint("outstanding", __name__)


@blueprint.get("/reports/outstanding")
@requires("patients:read")
@operation(list[OutstandingItem], paged=True)
def show(query: OutstandingQuery) -> Response:
    """Open invoices as of any day up to the business date."""
    here = reach()
    asked = outstanding_asked(query, currency_of(query, here.currencies), here)
    total = outstanding_sum(here.marts, asked)
    found = outstanding_page(here.marts, asked, query.page, query.limit)
    return ok(
        [_item(row, asked.currency) for row in found],
        Pagination(query.page, query.limit, total.total),
        currency=asked.currency,
        asOfDate=asked.as_of or here.business_date,
        knownAt=asked.known_at,
        totalOutstanding=plain(total.amount, asked.currency),
        disputed=plain(total.disputed, asked.currency),
        unbilled=plain(total.unbilled, asked.currency),
    )


def _item(row: OutstandingRow, currency: str) -> dict[str, object]:
    return {
        "invoiceId": row.invoice_id,
        "instalmentNo": row.instalment_no,
        "hospitalId": row.hospital_id,
        "patientId": row.patient_id,
        "invoiceDate": row.invoice_date,
        "dueDate": row.due_date,
        "amountDue": plain(row.amount_due, currency),
        "daysOverdue": row.days_overdue,
        "lastPaymentDate": row.last_payment_date,
        "paymentStatus": row.payment_status,
        "payerClass": row.payer_class,
        "worstDaysOverdue": row.worst_days_overdue,
        "nextContactOn": row.contact_on,
        "nextContactWith": row.contact_with,
        "promisedAmount": None if row.promised_amount is None else plain(row.promised_amount, currency),
        "promisedFor": row.promised_for,
        "promiseState": row.promise_state,
    }
