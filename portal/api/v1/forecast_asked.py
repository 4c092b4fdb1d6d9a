"""From the parameters of a forecast to the forecast: what the caller may see of it, and which history it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import abort, g
from flask_security import current_user

from portal.analytics.forecast_models import MODELS
from portal.analytics.forecasting import Forecast, WhatIf, adjusted, forecast, models_for
from portal.analytics.month_series import MonthSeries
from portal.api.v1.asked import Reach, currency_of, stamp
from portal.api.v1.described import described
from portal.api.v1.forecast_parameters import ForecastQuery, PastForecastsQuery
from portal.api.v1.schema import InvalidParametersError
from portal.exports.document import Document
from portal.exports.forecast_documents import MEASURES, MODEL_NAMES, Told, empty_document, forecast_document
from portal.queries import scope
from portal.queries.forecasts import Measure, SeriesFilter, month_series
from portal.queries.providers import provider_keys
from portal.security import current_providers

_WANTS: dict[Measure, str] = {
    "compensation": "compensation:read", "collected": "reports:read", "billed": "reports:read",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """A forecast as it was asked for.

    Attributes:
        base: without scenario and changes; None without any closed month.
        shown: with them.
    """

    asked: SeriesFilter
    query: ForecastQuery
    series: MonthSeries
    base: Forecast | None
    shown: Forecast | None

    @property
    def what_if(self) -> WhatIf:
        """The changes."""
        return WhatIf(self.query.volume, self.query.unit_value, self.query.payer_mix)


def measures_allowed() -> list[Measure]:
    """Return what the caller may see forecasts of."""
    return [measure for measure, permission in _WANTS.items() if permission in current_user.permissions]


def series_asked(query: ForecastQuery | PastForecastsQuery, currency: str, here: Reach) -> SeriesFilter:
    """Return which series: 403 for a measure that the caller may not see, 404 for a provider who is not the caller's.

    Raises:
        InvalidParametersError: for a provider of revenue who is not there.
    """
    allowed = measures_allowed()
    measure = query.measure or (allowed[0] if allowed else "collected")
    if measure not in allowed:
        g.denied = True
        abort(403, f"A forecast of this wants the permission {_WANTS[measure]}.")
    if measure == "compensation":
        keys = provider_keys(here.marts, current_providers(), query.provider_id)
        if query.provider_id is not None and not keys:
            g.denied = True
            abort(404, "There is no such provider among yours.")
        return SeriesFilter(measure, currency, keys)
    if query.provider_id and not scope.exists(here.marts, "provider", query.provider_id):
        raise InvalidParametersError({"providerId": "names no provider here"})
    return SeriesFilter(measure, currency, provider_id=query.provider_id)


def forecast_asked(query: ForecastQuery, currency: str, here: Reach) -> Answer:
    """Return the forecast.

    Raises:
        InvalidParametersError: for a model that the history is too short for, or a provider who is not there.
    """
    asked = series_asked(query, currency, here)
    series = month_series(here.marts, asked, _business_date(here))
    months = len(series.amounts)
    if not months:
        return Answer(asked, query, series, None, None)
    if query.model not in models_for(months):
        needed = MODELS[query.model][0]
        raise InvalidParametersError({"model": f"needs {needed} closed months, and there are {months}: choose another"})
    base = forecast(series, currency, int(query.horizon), query.model)
    answer = Answer(asked, query, series, base, base)
    if base is None:
        return answer
    return Answer(asked, query, series, base, adjusted(base, query.scenario, answer.what_if))


def document(query: ForecastQuery, here: Reach) -> Document:
    """Return the file of a forecast: what the page shows; without any closed month it has no rows and says why."""
    answer = forecast_asked(query, currency_of(query, here.currencies), here)
    measure = answer.asked.measure
    shown = [("Forecast of", MEASURES[measure]), ("Months ahead", query.horizon), ("Model", MODEL_NAMES[query.model])]
    words = described(query, here, shown)
    if answer.shown is None:
        return empty_document(here.marts, measure, answer.asked.currency, stamp(here), words)
    return forecast_document(here.marts, told(answer), stamp(here), words)


def told(answer: Answer) -> Told:
    """Return what pictures are made of; 404 where there is nothing to forecast from."""
    if answer.shown is None or answer.base is None:
        abort(404, "There is no closed month to make a forecast of.")
    return Told(answer.asked.measure, answer.shown, answer.base, answer.what_if)


def _business_date(here: Reach) -> date:
    # Hospitals in several time zones may be a day apart: a month is closed once it is closed everywhere.
    return min((hospital.business_date for hospital in here.hospitals), default=here.business_date)
