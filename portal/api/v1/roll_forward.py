"""Roll-forward of the receivables."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import ok
from portal.api.v1.parameters import PeriodQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.accounting import Movement, roll_forward
from portal.security import requires

blueprint = Blueprint("roll_forward", __name__)


class MovementItem(Camel):
    """One month: closing = opening + billed − collected + refunded − adjusted − writtenOff + recovered, net of credits.

    ``as_of_date`` is its last day, or the business date while it runs; None before the first event.
    """

    month: date
    as_of_date: date | None
    partial: bool
    opening: str
    billed: str
    collected: str
    refunded: str
    adjusted: str
    written_off: str
    recovered: str
    closing: str
    receivables_closing: str
    credits_closing: str


@blueprint.get("/financial-reports/roll-forward")
@requires("financial-reports:read")
@operation(list[MovementItem])
def show(query: PeriodQuery) -> Response:
    """From what was owed to what is owed, by month: the months that the days touch, whole, up to the business date."""
    here = reach()
    days, currency = days_asked(query), currency_of(query, here.currencies)
    months = roll_forward(here.marts, days, currency)
    return ok([_item(month, currency) for month in months], currency=currency, startDate=days.start, endDate=days.end)


def _item(month: Movement, currency: str) -> dict[str, Any]:
    return {
        "month": month.month,
        "asOfDate": month.as_of_date,
        "partial": month.partial,
        "opening": plain(month.opening, currency),
        "billed": plain(month.billed, currency),
        "collected": plain(month.collected, currency),
        "refunded": plain(month.refunded, currency),
        "adjusted": plain(month.adjusted, currency),
        "writtenOff": plain(month.written_off, currency),
        "recovered": plain(month.recovered, currency),
        "closing": plain(month.closing, currency),
        "receivablesClosing": plain(month.receivables, currency),
        "creditsClosing": plain(month.credits, currency),
    }
