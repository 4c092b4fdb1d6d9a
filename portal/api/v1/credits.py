"""Open credits."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.parameters import ListQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.credits import Credit, CreditReport, credits_page, open_credits
from portal.security import requires

blueprint = Blueprint("credits", __name__)


class CreditKind(Camel):
    """Credits of one kind."""

    kind: str
    amount: str
    count: int


class CreditAge(Camel):
    """Credits of one age."""

    bucket: str
    amount: str
    count: int


class CreditItem(Camel):
    """One open credit; it belongs to an invoice, or to a payment without one."""

    hospital_id: str
    patient_id: str | None
    invoice_id: str | None
    payment_id: str | None
    kind: str
    amount: str
    since_date: date
    age_days: int
    bucket: str


class CreditsData(Camel):
    """Credits that are open on the business date."""

    total: str
    count: int
    all_open_total: str
    all_open_count: int
    by_kind: list[CreditKind]
    buckets: list[CreditAge]
    details: list[CreditItem]


@blueprint.get("/financial-reports/credits")
@requires("financial-reports:read")
@operation(CreditsData, paged=True)
def show(query: ListQuery) -> Response:
    """Credits open on the business date that arose on these days: money to apply or to give back, oldest first.

    `allOpenTotal` and `allOpenCount` are of all open credits, whenever they arose.
    """
    here = reach()
    report = open_credits(here.marts, days_asked(query), currency_of(query, here.currencies))
    details = credits_page(here.marts, report, query.page, query.limit)
    page = Pagination(query.page, query.limit, report.total.count)
    meta: dict[str, Any] = {"currency": report.currency, "startDate": report.days.start, "endDate": report.days.end}
    return ok(_data(report, details), page, **meta)


def _data(report: CreditReport, details: list[Credit]) -> dict[str, Any]:
    currency = report.currency
    return {
        "total": plain(report.total.amount, currency),
        "count": report.total.count,
        "allOpenTotal": plain(report.all_open.amount, currency),
        "allOpenCount": report.all_open.count,
        "byKind": [
            {"kind": kind, "amount": plain(sums.amount, currency), "count": sums.count}
            for kind, sums in report.kinds.items()
        ],
        "buckets": [
            {"bucket": bucket, "amount": plain(sums.amount, currency), "count": sums.count}
            for bucket, sums in report.buckets.items()
        ],
        "details": [_item(credit, currency) for credit in details],
    }


def _item(credit: Credit, currency: str) -> dict[str, Any]:
    return {
        "hospitalId": credit.hospital_id,
        "patientId": credit.patient_id,
        "invoiceId": credit.invoice_id,
        "paymentId": credit.payment_id,
        "kind": credit.kind,
        "amount": plain(credit.amount, currency),
        "sinceDate": credit.since_date,
        "ageDays": credit.age_days,
        "bucket": credit.bucket,
    }
