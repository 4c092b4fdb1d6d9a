"""Collection rate."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import percent, plain
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import ok
from portal.api.v1.parameters import CollectionRateQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.collection_rates import Collected, CollectionFilter, collection_rate
from portal.security import requires

blueprint = Blueprint("collection_rate", __name__)


class CollectionStepData(Camel):
    """One period; ``period`` is its first day."""

    period: date
    partial: bool
    billed: str
    collected: str
    contractual: str
    invoice_count: int
    rate: str
    net_rate: str


class CollectionRateData(Camel):
    """What came in for the invoices of some days, until the business date."""

    total_billed: str
    total_collected: str
    total_contractual: str
    invoice_count: int
    overall_collection_rate: str
    net_collection_rate: str
    trend: list[CollectionStepData]


@blueprint.get("/financial-reports/collection-rate")
@requires("financial-reports:read")
@operation(CollectionRateData)
def show(query: CollectionRateQuery) -> Response:
    """Money applied to the invoices of the days, until the business date, as a share of what was billed on them.

    Overpayments are credits, not collections. The net rate leaves contractual adjustments out of what was billed. Both are 0
    where nothing was billed.
    """
    here = reach()
    days = days_asked(query, query.group_by, "groupBy")
    asked = CollectionFilter(days, currency_of(query, here.currencies), query.group_by)
    report = collection_rate(here.marts, asked, here.business_date)
    total, currency = report.total, asked.currency
    data = {
        "totalBilled": plain(total.billed, currency),
        "totalCollected": plain(total.collected, currency),
        "totalContractual": plain(total.contractual, currency),
        "invoiceCount": total.count,
        "overallCollectionRate": percent(total.collected, total.billed),
        "netCollectionRate": percent(total.collected, total.net_billed),
        "trend": [
            {"period": step.period, "partial": step.partial, **_step(step.sums, currency)} for step in report.steps
        ],
    }
    return ok(data, currency=currency, startDate=days.start, endDate=days.end, groupBy=asked.granularity)


def _step(sums: Collected, currency: str) -> dict[str, Any]:
    return {
        "billed": plain(sums.billed, currency),
        "collected": plain(sums.collected, currency),
        "contractual": plain(sums.contractual, currency),
        "invoiceCount": sums.count,
        "rate": percent(sums.collected, sums.billed),
        "netRate": percent(sums.collected, sums.net_billed),
    }
