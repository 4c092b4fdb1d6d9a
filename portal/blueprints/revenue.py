"""Revenue page: figures, chart and table of some days, and the same as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.charts import Theme
from portal.analytics.money import percent
from portal.analytics.periods import DateRange
from portal.analytics.presets import presets
from portal.api.v1.asked import Reach, currencies_shown, currency_of, reach, revenue_asked, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download, picture
from portal.api.v1.parameters import ExportFormat, RevenueQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, Filters, frame, link, options, read
from portal.exports import revenue_links
from portal.exports.document import Document
from portal.exports.documents import REVENUE_METRICS, counted, paired, revenue_document, revenue_notes
from portal.exports.drawing import to_svg
from portal.exports.pictures import period_label, revenue_alt, revenue_picture
from portal.formatting import day
from portal.queries import scope
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.revenue import RevenuePeriod, RevenueReport, revenue
from portal.security import requires

Asked = TypeVar("Asked", bound=RevenueQuery)
blueprint = Blueprint("revenue", __name__, url_prefix="/staff/reports/revenue")


class ChartQuery(RevenueQuery):
    """Parameters of the chart: those of the page and the theme that it is drawn for."""

    theme: Theme = "light"


class FileQuery(RevenueQuery):
    """Parameters of the page's files."""

    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    label: str
    step: RevenuePeriod
    former: RevenuePeriod | None
    former_label: str


@dataclass(frozen=True)
class Block:
    """Everything about one currency."""

    report: RevenueReport
    lines: list[Line]
    notes: list[str]
    alt: str
    change_percent: str | None
    empty: str | None

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of what this block shows, as files."""
        currency = self.report.asked.currency
        return [(name, link("revenue.export", currency=currency, format=name)) for name in FORMATS]

    @property
    def picture(self) -> str:
        """Address of the chart as drawn."""
        return link("revenue.chart_svg", currency=self.report.asked.currency)

    @property
    def picture_dark(self) -> str:
        """Address of the chart as drawn for dark pages."""
        return link("revenue.chart_svg", currency=self.report.asked.currency, theme="dark")

    @property
    def specification(self) -> str:
        """Address of the chart's specification."""
        return link("revenue.chart_json", currency=self.report.asked.currency)

    @property
    def chart_files(self) -> list[tuple[str, str]]:
        """Format and address of the chart as files."""
        return [("png", link("revenue.chart_png", currency=self.report.asked.currency))]

    def behind(self, measure: revenue_links.Measure, days: DateRange) -> Behind:
        """Return where a figure of some days leads."""
        return revenue_links.of_days(self.report.asked, measure, days)


@blueprint.get("")
@requires("reports:read")
def index() -> ResponseReturnValue:
    """Show revenue by period, with a chart and the same figures as a table."""
    filters, here = read(RevenueQuery), reach()
    blocks = _blocks(filters, here)
    query = filters.query
    shown = blocks[0].report.asked.days if blocks else None
    page = render_template(
        "reports/revenue.html", query=query, errors=filters.errors, blocks=blocks, **frame(here),
        start=shown.start if shown else query.start_date, end=shown.end if shown else query.end_date,
        departments=options(here, "department"), providers=options(here, "provider"), payers=options(here, "payer"),
        counted=counted(query.basis), presets=presets(here.business_date),
        definitions=definitions(here.marts, REVENUE_METRICS[query.basis]),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("reports:read")
def chart_svg() -> Response:
    """Draw the chart, for pages without scripts."""
    report, query = _one(ChartQuery)
    return Response(to_svg(revenue_picture(report, query.theme)), mimetype="image/svg+xml")


@blueprint.get("/chart.json")
@requires("reports:read")
def chart_json() -> Response:
    """Return the chart's specification, for pages with scripts."""
    report, query = _one(ChartQuery)
    return jsonify(revenue_picture(report, query.theme))


@blueprint.get("/chart.png")
@requires("reports:read", "exports:create", fresh=True)
def chart_png() -> Response:
    """Return the chart as a picture to keep."""
    return picture(_document(*_one(ChartQuery)))


@blueprint.get("/export")
@requires("reports:read", "exports:create", fresh=True)
def export() -> Response:
    """Return what the page shows as a file."""
    report, query = _one(FileQuery)
    return download(_document(report, query), query.format)


def _document(report: RevenueReport, query: RevenueQuery) -> Document:
    here = reach()
    days = [("From", report.asked.days.start), ("To", report.asked.days.end), ("By", query.granularity)]
    return revenue_document(here.marts, report, stamp(here), described(query, here, days))


def _one(model: type[Asked]) -> tuple[RevenueReport, Asked]:
    filters, here = read(model), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = revenue_asked(filters.query, currency_of(filters.query, here.currencies), here)
    return revenue(here.marts, asked, here.business_date), filters.query


def _blocks(filters: Filters[RevenueQuery], here: Reach) -> list[Block]:
    if filters.errors:
        return []
    try:
        shown = currencies_shown(filters.query, here.currencies)
        asked = [revenue_asked(filters.query, currency, here) for currency in shown]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [_block(revenue(here.marts, one, here.business_date), here) for one in asked]


def _block(report: RevenueReport, here: Reach) -> Block:
    former = dict(paired(report))
    change = None
    if report.former:
        change = percent(report.current.total.revenue - report.former.total.revenue, report.former.total.revenue)
    lines = [
        Line(_label(step, report), step, former.get(step), _label(former[step], report) if step in former else "")
        for step in report.current.periods
    ]
    return Block(report, lines, revenue_notes(report), revenue_alt(report), change, _why_empty(report, here))


def _label(step: RevenuePeriod, report: RevenueReport) -> str:
    if report.asked.granularity == "day":
        return f"{step.period:%a} {day(step.period)}"
    return period_label(step.period, report.asked.granularity, years=True)


def _why_empty(report: RevenueReport, here: Reach) -> str | None:
    asked, total = report.asked, report.current.total
    if total.count or total.revenue or total.refunded:
        return None
    what = "payment" if asked.basis == "collected" else "invoice"
    between = f"between {day(asked.days.start)} and {day(asked.days.end)}"
    if asked.ids:
        return f"No {what}s {between} for these filters."
    last = scope.last_activity(here.marts, asked.basis, asked.currency)
    known = f"the last {what} is of {day(last)}" if last else f"there is no {what} in {asked.currency} at all"
    return f"No {what}s {between}: {known}."
