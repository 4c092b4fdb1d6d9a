"""Forecasts, and how past ones turned out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask import Blueprint, Response

from portal.analytics.backtest import Accuracy
from portal.analytics.forecasting import SCENARIOS, Expected, Forecast, ModelResult, WhatIf, adjusted
from portal.analytics.money import hundredths, percent, plain
from portal.api.v1.asked import currency_of, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.forecast_asked import Answer, forecast_asked, series_asked
from portal.api.v1.forecast_parameters import ForecastQuery, PastForecastsQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.forecast_snapshots import PastFilter, PastForecast, past_forecasts, past_sum
from portal.security import requires

blueprint = Blueprint("forecast", __name__)


class Figure(Camel):
    """A figure to come with its bands; they are None where the history is too short to say how far off it may be."""

    amount: str
    low80: str | None
    high80: str | None
    low95: str | None
    high95: str | None


class FigureMonth(Figure):
    """One month to come."""

    month: date


class FigureSpan(Figure):
    """Several months to come as one figure: neighbours err together, so its bands are its own."""

    first_month: date
    last_month: date


class HistoryMonth(Camel):
    """One closed month."""

    month: date
    amount: str


class ScenarioItem(Camel):
    """Next quarter and all months under a scenario, with the changes that were asked for."""

    scenario: Literal["base", "optimistic", "pessimistic"]
    next_quarter: str
    total: str


class ModelItem(Camel):
    """A model and its back-test: ``share`` is its part in the combination; None where nothing can be said."""

    model: str
    share: str
    next_quarter: str
    months: int
    mase: str | None
    error_against_naive: str | None
    smape: str | None
    quarter_error_percent: str | None
    coverage80: str | None
    coverage95: str | None
    quarter_coverage80: str | None
    quarter_coverage95: str | None


class ForecastData(Camel):
    """A forecast: ``months`` is empty and ``next_quarter`` None without any closed month.

    ``is_short``: fewer than 12 months, averages only; ``is_seasonal``: the 24 months that seasons need are there.
    """

    measure: Literal["compensation", "collected", "billed"]
    model: str
    scenario: str
    is_short: bool
    is_seasonal: bool
    history: list[HistoryMonth]
    months: list[FigureMonth]
    next_quarter: FigureSpan | None
    total: FigureSpan | None
    scenarios: list[ScenarioItem]
    models: list[ModelItem]


class PastItem(Camel):
    """A forecast that was kept when ``based_on`` was the last closed month, and what came.

    It adds up ``series`` hospitals or providers; of the ``banded`` of them that had bands, so many came inside.
    """

    based_on: date
    month: date
    months_ahead: int
    series: int
    predicted: str
    actual: str
    error: str
    error_percent: str | None
    banded: int
    inside80: int
    inside95: int


class PastSums(Camel):
    """All of them: errors added up in percent of what came, and how many of a hundred came inside their bands."""

    error_percent: str | None
    inside80_percent: str
    inside95_percent: str


class PastData(Camel):
    """Past forecasts, the newest month first."""

    measure: Literal["compensation", "collected", "billed"]
    model: str
    total: PastSums
    forecasts: list[PastItem]


@blueprint.get("/forecast")
@requires("forecast:read")
@operation(ForecastData)
def show(query: ForecastQuery) -> Response:
    """Forecast of the next 3, 6 or 12 months with 80 % and 95 % bands, the next quarter as one figure, scenarios, what-if.

    It is made of closed months: the running one never counts, and the last one from the 8th day after its end. `nextQuarter`
    are the three months after the last closed one. Bands are from what the same model missed in a rolling-origin back-test;
    `errorAgainstNaive` is the mean absolute error as a share of that of repeating the year before. Wants `reports:read` for
    revenue and `compensation:read` for compensation beside `forecast:read`.
    """
    here = reach()
    currency = currency_of(query, here.currencies)
    return ok(_data(forecast_asked(query, currency, here)), currency=currency)


@blueprint.get("/forecast/accuracy")
@requires("forecast:read")
@operation(PastData, paged=True)
def accuracy(query: PastForecastsQuery) -> Response:
    """Past forecasts beside what came, the newest month first.

    A forecast of each model is kept once for each closed month, before its months began to count; here are those whose month
    is closed by now. Several hospitals or providers are added up.
    """
    here = reach()
    currency = currency_of(query, here.currencies)
    asked = PastFilter(series_asked(query, currency, here), query.model, query.ahead)
    total = past_sum(here.marts, asked)
    data = {
        "measure": asked.series.measure,
        "model": query.model,
        "total": {
            "errorPercent": _hundredths(total.error_percent),
            "inside80Percent": percent(Decimal(total.inside_80), Decimal(total.banded)),
            "inside95Percent": percent(Decimal(total.inside_95), Decimal(total.banded)),
        },
        "forecasts": [_past(one, currency) for one in past_forecasts(here.marts, asked, query.page, query.limit)],
    }
    return ok(data, Pagination(query.page, query.limit, total.months), currency=currency)


def _data(answer: Answer) -> dict[str, Any]:
    shown, currency = answer.shown, answer.asked.currency
    return {
        "measure": answer.asked.measure,
        "model": answer.query.model,
        "scenario": answer.query.scenario,
        "isShort": shown is None or shown.is_short,
        "isSeasonal": shown is not None and shown.is_seasonal,
        "history": [
            {"month": month, "amount": plain(amount, currency)}
            for month, amount in zip(answer.series.months, answer.series.amounts, strict=True)
        ],
        "months": [{"month": one.start, **_figure(one, currency)} for one in shown.months] if shown else [],
        "nextQuarter": _span(shown.quarter, currency) if shown else None,
        "total": _span(shown.total, currency) if shown else None,
        "scenarios": _scenarios(answer.base, answer.what_if) if answer.base else [],
        "models": [_model(one, currency) for one in shown.models] if shown else [],
    }


def _scenarios(base: Forecast, what_if: WhatIf) -> list[dict[str, str]]:
    found = [(scenario, adjusted(base, scenario, what_if)) for scenario in SCENARIOS]
    return [
        {
            "scenario": scenario,
            "nextQuarter": plain(one.quarter.amount, base.currency),
            "total": plain(one.total.amount, base.currency),
        }
        for scenario, one in found
    ]


def _span(figure: Expected, currency: str) -> dict[str, Any]:
    return {"firstMonth": figure.start, "lastMonth": figure.last_month, **_figure(figure, currency)}


def _figure(figure: Expected, currency: str) -> dict[str, str | None]:
    inner, outer = figure.band(80), figure.band(95)
    return {
        "amount": plain(figure.amount, currency),
        "low80": plain(inner.low, currency) if inner else None,
        "high80": plain(inner.high, currency) if inner else None,
        "low95": plain(outer.low, currency) if outer else None,
        "high95": plain(outer.high, currency) if outer else None,
    }


def _model(result: ModelResult, currency: str) -> dict[str, Any]:
    measured: Accuracy = result.accuracy
    return {
        "model": result.model,
        "share": hundredths(result.share),
        "nextQuarter": plain(result.quarter, currency),
        "months": measured.months,
        "mase": _rate(measured.mase),
        "errorAgainstNaive": _rate(measured.against_naive),
        "smape": _rate(measured.smape),
        "quarterErrorPercent": _rate(measured.quarter_error),
        "coverage80": _rate(measured.coverage[80]),
        "coverage95": _rate(measured.coverage[95]),
        "quarterCoverage80": _rate(measured.quarter_coverage[80]),
        "quarterCoverage95": _rate(measured.quarter_coverage[95]),
    }


def _past(past: PastForecast, currency: str) -> dict[str, Any]:
    return {
        "basedOn": past.based_on,
        "month": past.forecast_date,
        "monthsAhead": past.months_ahead,
        "series": past.series,
        "predicted": plain(past.predicted, currency),
        "actual": plain(past.actual, currency),
        "error": plain(past.error, currency),
        "errorPercent": _hundredths(past.error_percent),
        "banded": past.banded,
        "inside80": past.inside_80,
        "inside95": past.inside_95,
    }


def _rate(value: float | None) -> str | None:
    return None if value is None else hundredths(Decimal(str(value)))


def _hundredths(value: Decimal | None) -> str | None:
    return None if value is None else hundredths(value)
