"""A forecast as a chart, as words and as a file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from portal.analytics.charts import Theme
from portal.analytics.forecast_charts import Point, forecast_chart
from portal.analytics.forecasting import SCENARIOS, Expected, Forecast, WhatIf, adjusted
from portal.analytics.money import hundredths, readable
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.exports.pictures import period_label
from portal.queries.definitions import definitions
from portal.queries.forecasts import Measure

METRICS: dict[Measure, tuple[str, ...]] = {
    "compensation": ("calculated_pay",), "collected": ("total_revenue",), "billed": ("billed",),
}  # fmt: skip
MEASURES: dict[Measure, str] = {
    "compensation": "Compensation", "collected": "Revenue collected", "billed": "Revenue billed",
}  # fmt: skip
MODEL_NAMES: dict[str, str] = {
    "combined": "All models, weighted", "rolling_3": "Average of 3 months", "rolling_6": "Average of 6 months",
    "rolling_12": "Average of 12 months", "seasonal_naive": "Same month of the year before",
    "seasonal": "Season, trend and level", "trend": "Straight line", "damped_trend": "Line that levels off",
}  # fmt: skip
_SHOWN_MONTHS = 24


@dataclass(frozen=True)
class Told:
    """A forecast with what it is of and under which changes: what pictures and files are made of."""

    measure: Measure
    forecast: Forecast
    base: Forecast
    what_if: WhatIf


def forecast_points(found: Forecast) -> list[Point]:
    """Return the last two years of what came, then what is expected."""
    series = found.series
    came = list(zip(series.months, series.amounts, strict=True))[-_SHOWN_MONTHS:]
    return [
        *(Point(month, period_label(month, "month", years=True), actual=amount) for month, amount in came),
        *(_point(month) for month in found.months),
    ]


def forecast_picture(told: Told, theme: Theme = "light") -> dict[str, Any]:
    """Return the chart of a forecast."""
    return forecast_chart(forecast_points(told.forecast), told.forecast.currency, forecast_alt(told), theme)


def forecast_alt(told: Told) -> str:
    """Return what the chart shows, in words."""
    months, currency = told.forecast.months, told.forecast.currency
    first, last = (period_label(month.start, "month", years=True) for month in (months[0], months[-1]))
    return f"{MEASURES[told.measure]} in {currency} by month, and its forecast from {first} to {last} with bands"


def forecast_notes(found: Forecast) -> list[str]:
    """Return what a reader of the forecast must know about it."""
    months = len(found.series.amounts)
    notes = [
        f"Made of {months} closed month{'s' if months != 1 else ''} up to"
        f" {period_label(found.series.months[-1], 'month', years=True)}; the running month never counts, and a month is closed"
        " a week after its end."
    ]
    if found.is_short:
        notes.append("Fewer than 12 months: only averages of the last months, and no seasons.")
    elif not found.is_seasonal:
        notes.append("Fewer than 24 months: seasons are known only from the year before.")
    if not found.months[0].bands:
        notes.append("Too few months to say how far off it may be: there are no bands.")
    elif found.result.accuracy.coverage[80] is not None:
        notes.append(
            "Bands are from what this model missed in back-tests, where"
            f" {_whole(found.result.accuracy.coverage[80])} % of months came inside the 80 % band and"
            f" {_whole(found.result.accuracy.coverage[95])} % inside the 95 % band."
        )
    return notes


def forecast_document(connection: Connection, told: Told, stamp: Stamp, filters: Filters) -> Document:
    """Return what the page shows: two years of what came and the forecast, with next quarter and scenarios above."""
    found, currency = told.forecast, told.forecast.currency
    points = forecast_points(found)
    return Document(
        name=f"forecast-{told.measure}-{found.months[0].start}-{len(found.months)}m-{currency.lower()}",
        title=f"Forecast: {MEASURES[told.measure].lower()}",
        currency=currency,
        columns=_columns(),
        rows=points,
        total=len(points),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Next quarter", readable(found.quarter.amount, currency)),
            *((f"{len(found.months)} months, {name}", readable(amount, currency)) for name, amount in totals(told)),
        ],
        notes=[f"Next quarter: {spoken_band(found.quarter, currency)}", *forecast_notes(found)],
        definitions=definitions(connection, METRICS[told.measure]),
        chart=forecast_picture(told),
        chart_columns=("month", "actual", "forecast"),
    )  # fmt: skip


def empty_document(connection: Connection, measure: Measure, currency: str, stamp: Stamp, filters: Filters) -> Document:
    """Return the file where there is no closed month: no rows, and why."""
    return Document(
        name=f"forecast-{measure}-{currency.lower()}",
        title=f"Forecast: {MEASURES[measure].lower()}",
        currency=currency,
        columns=_columns(),
        rows=(),
        total=0,
        stamp=stamp,
        filters=filters,
        notes=["There is no closed month to make a forecast of; a month is closed a week after its end."],
        definitions=definitions(connection, METRICS[measure]),
    )


def totals(told: Told) -> list[tuple[str, Decimal]]:
    """Return what all months come to under each scenario, with the changes."""
    return [(name, adjusted(told.base, name, told.what_if).total.amount) for name in SCENARIOS]


def spoken_band(figure: Expected, currency: str) -> str:
    """Return the bands of a figure in words."""
    if not figure.bands:
        return "too few months to say how far off it may be."
    return "; ".join(
        f"{band.level} % band {readable(band.low, currency)} to {readable(band.high, currency)}" for band in figure.bands
    ) + "."  # fmt: skip


def _point(month: Expected) -> Point:
    inner, outer = month.band(80), month.band(95)
    return Point(
        month.start, period_label(month.start, "month", years=True), expected=month.amount,
        low_80=inner.low if inner else None, high_80=inner.high if inner else None,
        low_95=outer.low if outer else None, high_95=outer.high if outer else None,
    )  # fmt: skip


def _columns() -> tuple[Column, ...]:
    return (
        _column("month", "Month", "date"),
        _column("actual", "Came", "money"),
        _column("expected", "Forecast", "money", "forecast"),
        _column("low_80", "80 % from", "money"),
        _column("high_80", "80 % to", "money"),
        _column("low_95", "95 % from", "money"),
        _column("high_95", "95 % to", "money"),
    )


def _column(attribute: str, label: str, kind: Kind, name: str | None = None) -> Column:
    return Column(name or attribute, label, kind, attrgetter(attribute))


def _whole(value: float | None) -> str:
    return "\u2013" if value is None else hundredths(Decimal(str(round(value)))).removesuffix(".00")
