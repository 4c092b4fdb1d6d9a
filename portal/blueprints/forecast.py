"""Forecast page: months to come with bands, scenarios and what-if, how past forecasts did, and the same as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.charts import Theme
from portal.analytics.forecasting import Scenario, models_for, scenario_factor
from portal.api.v1.asked import Reach, currencies_shown, currency_of, reach, stamp
from portal.api.v1.download import download, picture
from portal.api.v1.forecast_asked import Answer, document, forecast_asked, measures_allowed, told
from portal.api.v1.forecast_parameters import ForecastQuery
from portal.api.v1.parameters import ExportFormat
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.exports.drawing import to_svg
from portal.exports.forecast_documents import (
    MEASURES,
    METRICS,
    MODEL_NAMES,
    Told,
    forecast_alt,
    forecast_document,
    forecast_notes,
    forecast_picture,
    spoken_band,
    totals,
)
from portal.exports.pictures import period_label
from portal.queries.definitions import definitions
from portal.queries.forecast_snapshots import PastFilter, PastForecast, PastSum, past_forecasts, past_sum
from portal.queries.forecasts import Measure
from portal.queries.providers import own_providers
from portal.security import current_providers, requires

Asked = TypeVar("Asked", bound=ForecastQuery)
blueprint = Blueprint("forecast", __name__, url_prefix="/forecast")
_PAST_ROWS = 24


class ChartQuery(ForecastQuery):
    """Parameters of the chart: those of the page and the theme that it is drawn for."""

    theme: Theme = "light"


class FileQuery(ForecastQuery):
    """Parameters of the page's files."""

    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Past:
    """Past forecasts: of next months one by one, and of all months ahead together."""

    next_month: PastSum
    all_months: PastSum
    rows: list[tuple[str, PastForecast]]


@dataclass(frozen=True)
class Block:
    """Everything about one currency; ``told`` is None without any closed month."""

    answer: Answer
    told: Told | None
    past: Past
    scenarios: list[tuple[str, Decimal]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """Of every amount."""
        return self.answer.asked.currency

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of what this block shows, as files."""
        files = [(name, link("forecast.export", currency=self.currency, format=name)) for name in FORMATS]
        return [*files, ("png", link("forecast.chart_png", currency=self.currency))]

    @property
    def came(self) -> list[tuple[date, Decimal]]:
        """The months that the forecast is made of, the newest first."""
        series = self.answer.series
        return list(zip(series.months, series.amounts, strict=True))[::-1]

    def scenario_note(self, name: Scenario) -> str:
        """What stands under a scenario's card."""
        if self.told and name != "base" and scenario_factor(self.told.base, name) == 1:
            return "As the base: too few months to say how far off it may be"
        return "Shown below" if name == self.answer.query.scenario else ""

    def chart(self, kind: str, theme: Theme | None = None) -> str:
        """Address of the chart, drawn or as its specification."""
        return link(f"forecast.chart_{kind}", currency=self.currency, theme=theme)


@blueprint.get("")
@requires("forecast:read")
def index() -> ResponseReturnValue:
    """Show the forecast, where it comes from, and how past ones did."""
    filters, here = read(ForecastQuery), reach()
    blocks = _blocks(filters, here)
    shown: list[Measure] = [block.answer.asked.measure for block in blocks]
    measure: Measure = next(iter([*shown, filters.query.measure or "collected"]))
    page = render_template(
        "forecast/index.html", query=filters.query, errors=filters.errors, blocks=blocks, **frame(here),
        measure=measure, measures=[(name, MEASURES[name]) for name in measures_allowed()], titles=MEASURES,
        models=_models(blocks), model_names=MODEL_NAMES, providers=_providers(measure, here), label=_label,
        spoken_band=spoken_band, alt=forecast_alt,
        definitions=definitions(here.marts, METRICS[measure]),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("forecast:read")
def chart_svg() -> Response:
    """Draw the chart, for pages without scripts."""
    shown, query = _one(ChartQuery)
    return Response(to_svg(forecast_picture(shown, query.theme)), mimetype="image/svg+xml")


@blueprint.get("/chart.json")
@requires("forecast:read")
def chart_json() -> Response:
    """Return the chart's specification, for pages with scripts."""
    shown, query = _one(ChartQuery)
    return jsonify(forecast_picture(shown, query.theme))


@blueprint.get("/chart.png")
@requires("forecast:read", "exports:create", fresh=True)
def chart_png() -> Response:
    """Return the chart as a picture to keep."""
    shown, _ = _one(ChartQuery)
    here = reach()
    return picture(forecast_document(here.marts, shown, stamp(here), ()))


@blueprint.get("/export")
@requires("forecast:read", "exports:create", fresh=True)
def export() -> Response:
    """Return what the page shows as a file."""
    filters = read(FileQuery)
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    return download(document(filters.query, reach()), filters.query.format)


def _one(model: type[Asked]) -> tuple[Told, Asked]:
    filters, here = read(model), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    return told(forecast_asked(filters.query, currency_of(filters.query, here.currencies), here)), filters.query


def _blocks(filters: Filters[ForecastQuery], here: Reach) -> list[Block]:
    if filters.errors:
        return []
    try:
        answers = [
            forecast_asked(filters.query, currency, here)
            for currency in currencies_shown(filters.query, here.currencies)
        ]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [_block(answer, here) for answer in answers]


def _block(answer: Answer, here: Reach) -> Block:
    past = _past(answer, here)
    if answer.shown is None:
        return Block(answer, None, past)
    shown = told(answer)
    return Block(answer, shown, past, totals(shown), forecast_notes(shown.forecast))


def _past(answer: Answer, here: Reach) -> Past:
    asked = PastFilter(answer.asked, answer.query.model)
    next_month = PastFilter(answer.asked, answer.query.model, ahead=1)
    rows = past_forecasts(here.marts, next_month, limit=_PAST_ROWS)
    return Past(
        past_sum(here.marts, next_month),
        past_sum(here.marts, asked),
        [(_label(row.forecast_date), row) for row in rows],
    )


def _models(blocks: list[Block]) -> list[tuple[str, str]]:
    """Return the models that the longest history suffices for; all of them while there is an error to mend."""
    longest = max((len(block.answer.series.amounts) for block in blocks), default=None)
    offered = MODEL_NAMES if longest is None else models_for(longest) or ("combined",)
    return [(name, MODEL_NAMES[name]) for name in offered]


def _providers(measure: Measure, here: Reach) -> list[tuple[str, str]]:
    return own_providers(here.marts, current_providers() if measure == "compensation" else None)


def _label(month: date) -> str:
    return period_label(month, "month", years=True)
