"""Key figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import hundredths, plain
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.parameters import ListQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.key_figures import KeyFigure, key_figures_count, key_figures_page
from portal.security import requires

blueprint = Blueprint("kpis", __name__)


class KpiInputs(Camel):
    """What a key figure is made of: value = numerator × multiplier / denominator."""

    numerator: str | None
    denominator: str | None
    multiplier: int
    window_days: int | None
    short_window: bool


class KpiItem(Camel):
    """A key figure of one hospital and month; ``value`` is None where it cannot be said."""

    hospital_id: str
    month: date
    as_of_date: date
    partial: bool
    metric: str
    label: str
    value: str | None
    unit: str
    formula: str
    inputs: KpiInputs
    exclusions: str | None


@blueprint.get("/financial-reports/kpis")
@requires("financial-reports:read")
@operation(list[KpiItem], paged=True)
def show(query: ListQuery) -> Response:
    """Key figures by month and hospital, each with its formula, what goes into it, and what it leaves out.

    They are of whole months, up to the business date. Days in A/R look back `windowDays`; `shortWindow` marks a hospital that
    has not been there that long.
    """
    here = reach()
    days, currency = days_asked(query), currency_of(query, here.currencies)
    page = Pagination(query.page, query.limit, key_figures_count(here.marts, days, currency))
    found = key_figures_page(here.marts, days, currency, query.page, query.limit)
    return ok([_item(figure, currency) for figure in found], page, currency=currency)


def _item(figure: KeyFigure, currency: str) -> dict[str, Any]:
    return {
        "hospitalId": figure.hospital_id,
        "month": figure.month,
        "asOfDate": figure.as_of_date,
        "partial": figure.partial,
        "metric": figure.metric,
        "label": figure.label,
        "value": None if figure.value is None else hundredths(figure.value),
        "unit": figure.unit,
        "formula": figure.formula,
        "inputs": {
            "numerator": _input(figure.numerator, figure, currency),
            "denominator": _input(figure.denominator, figure, currency),
            "multiplier": figure.multiplier,
            "windowDays": figure.window_days,
            "shortWindow": figure.short_window,
        },
        "exclusions": figure.exclusions,
    }


def _input(value: Decimal | None, figure: KeyFigure, currency: str) -> str | None:
    if value is None:
        return None
    return str(int(value)) if figure.counts else plain(value, currency)
