"""Cash receipts."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import ok
from portal.api.v1.parameters import PeriodQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.accounting import Receipt, ReceiptSum, cash_receipts
from portal.security import requires

blueprint = Blueprint("cash_receipts", __name__)


class MethodReceipts(Camel):
    """Receipts by one method; ``unknown`` where the source says nothing."""

    method: str
    received: str
    refunded: str
    net: str
    payment_count: int


class DayReceipts(MethodReceipts):
    """Receipts of one day by one method."""

    date: date


class CashReceiptsData(Camel):
    """Receipts of some days."""

    total_received: str
    total_refunded: str
    net: str
    payment_count: int
    by_method: list[MethodReceipts]
    receipts: list[DayReceipts]


@blueprint.get("/financial-reports/cash-receipts")
@requires("financial-reports:read")
@operation(CashReceiptsData)
def show(query: PeriodQuery) -> Response:
    """Money in and money back by day and method. A refund counts on its own day, under the method of its payment."""
    here = reach()
    found = cash_receipts(here.marts, days_asked(query, "day"), currency_of(query, here.currencies))
    total, currency = found.total, found.currency
    data = {
        "totalReceived": plain(total.received, currency),
        "totalRefunded": plain(total.refunded, currency),
        "net": plain(total.net, currency),
        "paymentCount": total.count,
        "byMethod": [{"method": method, **_sums(sums, currency)} for method, sums in found.by_method.items()],
        "receipts": [{"date": line.day, "method": line.method, **_sums(line, currency)} for line in found.lines],
    }
    return ok(data, currency=currency, startDate=found.days.start, endDate=found.days.end)


def _sums(sums: ReceiptSum | Receipt, currency: str) -> dict[str, Any]:
    return {
        "received": plain(sums.received, currency),
        "refunded": plain(sums.refunded, currency),
        "net": plain(sums.net, currency),
        "paymentCount": sums.count,
    }
