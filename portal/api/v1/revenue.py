"""Revenue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import percent, plain
from portal.api.v1.answers import RevenueData
from portal.api.v1.asked import currency_of, reach, revenue_asked
from portal.api.v1.envelope import ok
from portal.api.v1.parameters import RevenueQuery
from portal.api.v1.schema import operation
from portal.queries.revenue import Figures, RevenueReport, RevenueSeries, revenue
from portal.security import requires

blueprint = Blueprint("revenue", __name__)


@blueprint.get("/reports/revenue")
@requires("reports:read")
@operation(RevenueData)
def show(query: RevenueQuery) -> Response:
    """Revenue by day, week or month: collected (payments by payment date) or billed (invoices by invoice date)."""
    here = reach()
    asked = revenue_asked(query, currency_of(query, here.currencies), here)
    report = revenue(here.marts, asked, here.business_date)
    data = _totals(report.current.total, asked.currency) | {
        "series": _series(report.current, asked.currency),
        "comparison": _comparison(report),
    }
    return ok(data, currency=asked.currency, startDate=asked.days.start, endDate=asked.days.end)


def _totals(figures: Figures, currency: str) -> dict[str, Any]:
    return {
        "totalRevenue": plain(figures.revenue, currency),
        "refundedAmount": plain(figures.refunded, currency),
        "netRevenue": plain(figures.net, currency),
        "paymentCount": figures.count,
        "averagePayment": plain(figures.average, currency),
    }


def _series(series: RevenueSeries, currency: str) -> list[dict[str, Any]]:
    return [
        {
            "period": step.period,
            "partial": step.partial,
            "revenue": plain(step.figures.revenue, currency),
            "count": step.figures.count,
            "average": plain(step.figures.average, currency),
        }
        for step in series.periods
    ]


def _comparison(report: RevenueReport) -> dict[str, Any] | None:
    if report.former is None:
        return None
    currency, former = report.asked.currency, report.former
    change = report.current.total.revenue - former.total.revenue
    return {
        "startDate": former.days.start,
        "endDate": former.days.end,
        **_totals(former.total, currency),
        "change": plain(change, currency),
        "changePercent": percent(change, former.total.revenue),
        "series": _series(former, currency),
    }
