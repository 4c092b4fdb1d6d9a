"""Financial reports: overview, aging, revenue, collection and write-offs of some days, each on a tab of its own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.charts import Theme
from portal.analytics.periods import DateRange
from portal.api.v1.asked import Reach, currencies_shown, currency_of, days_asked, range_asked, reach
from portal.api.v1.parameters import PeriodQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import Filters, frame, read
from portal.blueprints.financial_desk import TABS, Chart, Desk, FinancialQuery
from portal.blueprints.financial_pictures import CHARTS
from portal.blueprints.financial_tabs import SECTIONS, Section
from portal.exports.drawing import to_svg
from portal.queries.definitions import Definition
from portal.security import requires

blueprint = Blueprint("financial_reports", __name__, url_prefix="/financial-reports")


class ChartQuery(FinancialQuery):
    """Parameters of a chart: those of the page, which one, and the theme that it is drawn for."""

    chart: Chart = "aging"
    theme: Theme = "light"


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
        start=days.start, end=days.end, definitions=_definitions(blocks),
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
    filters, here = read(ChartQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    query = filters.query
    desk = Desk(here, _days(query, here), currency_of(query, here.currencies), query)
    return CHARTS[query.chart](desk, query.theme)


def _definitions(blocks: list[tuple[Desk, list[Section]]]) -> list[Definition]:
    found = [item for _, sections in blocks for section in sections for item in section.document.definitions]
    return list(dict.fromkeys(found))
