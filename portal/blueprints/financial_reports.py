"""Financial reports: overview, aging, revenue, collection and write-offs of some days, each on a tab of its own."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.charts import Theme
from portal.analytics.periods import DateRange
from portal.analytics.presets import presets
from portal.api.v1.asked import Reach, currencies_shown, currency_of, days_asked, range_asked, reach
from portal.api.v1.download import chart_picture, download
from portal.api.v1.parameters import ExportFormat, PeriodQuery, Text
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import Filters, frame, read
from portal.blueprints.financial_desk import TABS, Chart, Desk, FinancialQuery
from portal.blueprints.financial_pictures import CHARTS
from portal.blueprints.financial_tabs import SECTIONS, Section
from portal.exports.drawing import to_svg
from portal.queries.definitions import Definition
from portal.security import requires

Asked = TypeVar("Asked", bound=FinancialQuery)
blueprint = Blueprint("financial_reports", __name__, url_prefix="/financial-reports")


class ChartQuery(FinancialQuery):
    """Parameters of a chart: those of the page, which one, and the theme that it is drawn for."""

    chart: Chart = "aging"
    theme: Theme = "light"


class FileQuery(FinancialQuery):
    """Parameters of a section as a file: those of the page, which section, and the format."""

    part: Text = ""
    format: ExportFormat = "csv"


@blueprint.get("")
@requires("financial-reports:read")
def index() -> ResponseReturnValue:
    """Show one tab of the reports of some days."""
    filters, here = read(FinancialQuery), reach()
    query = filters.query
    blocks = _blocks(filters, here)
    days = range_asked(query, here)
    page = render_template(
        "financial/index.html", query=query, errors=filters.errors, blocks=blocks, tabs=TABS, **frame(here),
        start=days.start, end=days.end, presets=presets(here.business_date), definitions=_definitions(blocks),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("financial-reports:read")
def chart_svg() -> Response:
    """Draw a chart, for pages without scripts."""
    return Response(to_svg(_picture()), mimetype="image/svg+xml")


@blueprint.get("/chart.json")
@requires("financial-reports:read")
def chart_json() -> Response:
    """Return a chart's specification, for pages with scripts."""
    return jsonify(_picture())


@blueprint.get("/chart.png")
@requires("financial-reports:read", "exports:create", fresh=True)
def chart_png() -> Response:
    """Return a chart as a picture to keep."""
    query, desk = _one(ChartQuery)
    name = f"{query.chart}-{desk.days.start}-{desk.days.end}-{desk.currency.lower()}"
    return chart_picture(CHARTS[query.chart](desk, "light"), name)


@blueprint.get("/export")
@requires("financial-reports:read", "exports:create", fresh=True)
def export() -> Response:
    """Return a section of a tab as a file: exactly what is shown."""
    query, desk = _one(FileQuery)
    sections = {section.name: section for section in SECTIONS[query.tab](desk)}
    if query.part not in sections:
        raise InvalidParametersError({"part": f"must be one of {', '.join(sections)}"})
    return download(sections[query.part].document, query.format)


def _blocks(filters: Filters[FinancialQuery], here: Reach) -> list[tuple[Desk, list[Section]]]:
    if filters.errors:
        return []
    try:
        days = _days(filters.query, here)
        shown = currencies_shown(filters.query, here.currencies)
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    desks = [Desk(here, days, currency, filters.query) for currency in shown]
    return [(desk, SECTIONS[filters.query.tab](desk)) for desk in desks]


def _days(query: FinancialQuery, here: Reach) -> DateRange:
    days = range_asked(query, here)
    return days_asked(PeriodQuery(startDate=days.start, endDate=days.end))  # type: ignore[call-arg]


def _picture() -> dict[str, Any]:
    query, desk = _one(ChartQuery)
    return CHARTS[query.chart](desk, query.theme)


def _one(model: type[Asked]) -> tuple[Asked, Desk]:
    filters, here = read(model), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    query = filters.query
    return query, Desk(here, _days(query, here), currency_of(query, here.currencies), query)


def _definitions(blocks: list[tuple[Desk, list[Section]]]) -> list[Definition]:
    found = [item for _, sections in blocks for section in sections for item in section.document.definitions]
    return list(dict.fromkeys(found))
