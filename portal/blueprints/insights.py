"""Insights: a practice at a glance, with the cases behind its figures, its charts and its tables as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.alert_texts import MEASURES, sentence
from portal.analytics.anomalies import RULES, Alert
from portal.analytics.charts import Theme
from portal.analytics.presets import presets
from portal.api.v1.asked import Reach, currencies_shown, currency_of, range_asked, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download, picture
from portal.api.v1.parameters import ExportFormat
from portal.api.v1.practice_asked import cases_asked, insights_asked
from portal.api.v1.practice_parameters import CasesPageQuery, InsightsQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.exports.document import Document
from portal.exports.drawing import to_svg
from portal.exports.insight_documents import METRICS, Part, insight_documents
from portal.exports.insight_pictures import CHARTS, Chart, insight_alt, insight_picture
from portal.formatting import day
from portal.queries.cases import Case, CaseFilter, CaseSum, cases_page, cases_sum
from portal.queries.definitions import definitions
from portal.queries.insights import Insights, insights
from portal.queries.providers import own_providers
from portal.security import current_providers, requires

Asked = TypeVar("Asked", bound=InsightsQuery)
blueprint = Blueprint("insights", __name__, url_prefix="/insights")


class ChartQuery(InsightsQuery):
    """Parameters of a chart: those of the page, which one, and the theme that it is drawn for."""

    chart: Chart = "comparisons"
    theme: Theme = "light"


class FileQuery(InsightsQuery):
    """Parameters of the page's files."""

    part: Part = "comparisons"
    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Block:
    """Everything about one currency."""

    found: Insights
    parts: dict[Part, Document]

    @property
    def currency(self) -> str:
        """The currency of the block."""
        return self.found.asked.work.currency

    @property
    def empty(self) -> str | None:
        """Why there is nothing to show, None if there is."""
        if not self.found.is_empty:
            return None
        return f"No cases of these providers are known in the three years before {day(self.found.business_date)}."

    def exports(self, part: Part) -> list[tuple[str, str]]:
        """Format and address of a table as files; of a chart also its picture."""
        files = [(name, link("insights.export", currency=self.currency, part=part, format=name)) for name in FORMATS]
        return [*files, ("png", self.picture(part, "png"))] if part in CHARTS else files

    def picture(self, chart: str, kind: str, theme: Theme | None = None) -> str:
        """Return the address of a chart: ``svg``, ``png`` or ``json``."""
        return link(f"insights.chart_{kind}", currency=self.currency, chart=chart, theme=theme)

    def alt(self, chart: Chart) -> str:
        """Return what a chart shows, in words."""
        return insight_alt(self.found, chart)

    def behind(self, start: date, end: date) -> str:
        """Return the address of the cases of some days."""
        return link(
            "insights.cases", currency=self.currency, startDate=start, endDate=end,
            measure=None, granularity=None, month=None, against=None,
        )  # fmt: skip

    def links(self, part: Part) -> Callable[[Any], str] | None:
        """Return what gives the address of the cases behind a row of a table; None where a row has no days of its own."""
        if part == "comparisons":
            return lambda period: self.behind(period.counted.start, period.counted.end)
        return (lambda row: self.behind(row[0].shown.start, row[0].shown.end)) if part == "workload" else None

    def message(self, alert: Alert) -> str:
        """Return what an alert says."""
        return sentence(alert, self.currency)


@blueprint.get("")
@requires("compensation:read")
def index() -> ResponseReturnValue:
    """Show cards, alerts, comparisons, workload, velocity, two months side by side and benchmarks."""
    filters, here = read(InsightsQuery), reach()
    blocks = _blocks(filters, here)
    query = filters.query
    asked = blocks[0].found.asked if blocks else None
    page = render_template(
        "practice/insights.html", query=query, errors=filters.errors, blocks=blocks, **frame(here), rules=RULES,
        start=query.start_date or (asked.work.months.start if asked else None), end=query.end_date or here.business_date,
        sides=asked.side_by_side if asked else (query.month, query.against), measures=MEASURES.items(),
        providers=_providers(here), definitions=definitions(here.marts, METRICS), presets=presets(here.business_date),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("compensation:read")
def chart_svg() -> Response:
    """Draw a chart, for pages without scripts."""
    found, query = _one(ChartQuery)
    return Response(to_svg(insight_picture(found, query.chart, query.theme)), mimetype="image/svg+xml")


@blueprint.get("/chart.png")
@requires("compensation:read", "exports:create", fresh=True)
def chart_png() -> Response:
    """Return a chart as a picture to keep."""
    found, query = _one(ChartQuery)
    return picture(_document(found, query, reach(), query.chart))


@blueprint.get("/chart.json")
@requires("compensation:read")
def chart_json() -> Response:
    """Return a chart's specification, for pages with scripts."""
    found, query = _one(ChartQuery)
    return jsonify(insight_picture(found, query.chart, query.theme))


@blueprint.get("/export")
@requires("compensation:read", "exports:create", fresh=True)
def export() -> Response:
    """Return one of the page's tables as a file."""
    found, query = _one(FileQuery)
    return download(_document(found, query, reach(), query.part), query.format)


@blueprint.get("/cases")
@requires("compensation:read")
def cases() -> ResponseReturnValue:
    """List the cases behind a figure: those of exactly these days."""
    filters, here = read(CasesPageQuery), reach()
    shown = [] if filters.errors else currencies_shown(filters.query, here.currencies)
    page = render_template(
        "practice/cases.html", query=filters.query, errors=filters.errors, **frame(here), providers=_providers(here),
        blocks=[_cases(filters.query, currency, here) for currency in shown],
        start=range_asked(filters.query, here).start, end=range_asked(filters.query, here).end,
        definitions=definitions(here.marts, METRICS),
    )  # fmt: skip
    return page, filters.status


@dataclass(frozen=True)
class CasesBlock:
    """Cases in one currency."""

    asked: CaseFilter
    total: CaseSum
    rows: list[Case]

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of the cases as files."""
        return [
            (
                name,
                link(
                    "api_v1.exports.export_cases",
                    format=name,
                    currency=self.asked.currency,
                    page=None,
                    limit=None,
                    sort=None,
                ),
            )
            for name in FORMATS
        ]


def _cases(query: CasesPageQuery, currency: str, here: Reach) -> CasesBlock:
    asked = cases_asked(query.model_copy(update={"currency": currency}), range_asked(query, here), here)
    return CasesBlock(
        asked, cases_sum(here.marts, asked), cases_page(here.marts, asked, query.page, query.limit, True, query.sort)
    )


def _providers(here: Reach) -> list[tuple[str, str]]:
    return own_providers(here.marts, current_providers())


def _one(model: type[Asked]) -> tuple[Insights, Asked]:
    filters, here = read(model), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = insights_asked(filters.query, here, currency_of(filters.query, here.currencies))
    return insights(here.marts, asked, here.business_date), filters.query


def _document(found: Insights, query: InsightsQuery, here: Reach, part: Part) -> Document:
    # With its chart, which the page asks for by an address of its own.
    chart = next((insight_picture(found, name) for name in CHARTS if name == part), None)
    return replace(_documents(found, query, here)[part], chart=chart)


def _documents(found: Insights, query: InsightsQuery, here: Reach) -> dict[Part, Document]:
    months = found.asked.work.months
    words = described(query, here, [("From", months.start), ("To", months.end), ("Figure", MEASURES[query.measure])])
    return insight_documents(here.marts, found, stamp(here), words)


def _blocks(filters: Filters[InsightsQuery], here: Reach) -> list[Block]:
    if filters.errors:
        return []
    try:
        asked = [
            insights_asked(filters.query, here, currency)
            for currency in currencies_shown(filters.query, here.currencies)
        ]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    found = [insights(here.marts, one, here.business_date) for one in asked]
    return [Block(one, _documents(one, filters.query, here)) for one in found]
