"""Revenue compared: month over month, quarter over quarter, year over year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from portal.analytics.comparing import Former
from portal.analytics.money import hundredths, plain
from portal.api.v1.asked import Reach, currency_of, range_asked, reach
from portal.api.v1.envelope import ok
from portal.api.v1.practice_parameters import ComparisonsQuery
from portal.api.v1.schema import Camel, InvalidParametersError, operation
from portal.queries.comparisons import (
    ComparedPeriod,
    ComparisonFilter,
    compared_periods,
    fiscal_year_starts,
)
from portal.security import requires

blueprint = Blueprint("comparisons", __name__)


class FormerPeriod(Camel):
    """Days that are compared with; ``change_percent`` is None where their amount is 0: no percentage says the change."""

    start_date: date
    end_date: date
    amount: str
    change: str
    change_percent: str | None


class PeriodComparison(Camel):
    """A period beside the one before and the same one of the year before; of a running one, ``days_counted`` days."""

    period: date
    period_end: date
    partial: bool
    days_counted: int
    amount: str
    previous: FormerPeriod
    year_before: FormerPeriod


@blueprint.get("/comparisons")
@requires("reports:read")
@operation(list[PeriodComparison])
def show(query: ComparisonsQuery) -> Response:
    """Revenue of each period that touches these days, beside the period before and the same one of the year before.

    They are whole periods, and what a running one has so far is compared with the same days of the former ones (1 to 30 March
    with 1 to 28 February). `changePercent` is null where there was nothing to compare with. Periods before the first activity
    are not there; later ones with nothing are, with 0.
    """
    here = reach()
    asked = _asked(query, here)
    found = compared_periods(here.marts, asked)
    meta: dict[str, Any] = {"currency": asked.currency, "startDate": asked.days.start, "endDate": asked.days.end}
    items = [_item(period, asked.currency) for period in found]
    return ok(items, **meta, basis=asked.basis, granularity=asked.grain)


def _asked(query: ComparisonsQuery, here: Reach) -> ComparisonFilter:
    currency = currency_of(query, here.currencies)
    if query.granularity.startswith("fiscal") and len(fiscal_year_starts(here.marts)) > 1:
        problem = (
            "is required, as fiscal years begin in different months: choose hospitals where they begin in the same"
        )
        raise InvalidParametersError({"hospitalId": problem})
    return ComparisonFilter(range_asked(query, here), currency, query.basis, query.granularity)


def _item(period: ComparedPeriod, currency: str) -> dict[str, Any]:
    return {
        "period": period.period,
        "periodEnd": period.period_end,
        "partial": period.partial,
        "daysCounted": period.days_counted,
        "amount": plain(period.amount, currency),
        "previous": former_item(period.previous, plain, currency),
        "yearBefore": former_item(period.year_before, plain, currency),
    }


def former_item(former: Former, written: Callable[[Decimal, str], str], currency: str) -> dict[str, Any]:
    """Return a ``FormerPeriod``; ``written`` writes its amounts."""
    percent = former.change_percent
    return {
        "startDate": former.days.start,
        "endDate": former.days.end,
        "amount": written(former.amount, currency),
        "change": written(former.change, currency),
        "changePercent": None if percent is None else hundredths(percent),
    }
