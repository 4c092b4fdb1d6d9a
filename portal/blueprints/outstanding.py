"""Outstanding: aging as of any day, the open invoices behind it, and the events that add up to one balance."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.charts import Theme, aging_chart
from portal.api.v1.asked import (
    Reach,
    aging_on,
    currencies_shown,
    currency_of,
    outstanding_asked,
    reach,
    stamp,
)
from portal.api.v1.described import described
from portal.api.v1.download import chart_picture, download
from portal.api.v1.parameters import ExportFormat, OutstandingFilters, OutstandingQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.blueprints.invoice_pages import InvoiceQuery, invoice_file, invoice_page, past_of
from portal.exports import aging_links
from portal.exports.documents import OUTSTANDING_METRICS, outstanding_file
from portal.exports.drawing import to_svg
from portal.exports.overview_documents import buckets_document
from portal.formatting import day
from portal.queries.aging import AgingReport, aging
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.outstanding import (
    OutstandingFilter,
    OutstandingRow,
    OutstandingSum,
    contacts_due,
    outstanding_page,
    outstanding_sum,
)
from portal.security import requires
from portal.services.follow_ups import CONTACTS

blueprint = Blueprint("outstanding", __name__, url_prefix="/staff/outstanding")


class ChartQuery(OutstandingQuery):
    """Parameters of the chart: those of the page and the theme that it is drawn for."""

    theme: Theme = "light"


class FileQuery(OutstandingFilters):
    """Parameters of the page's files."""

    page: int = 1
    limit: int = 50
    format: ExportFormat = "csv"


class InvoiceFileQuery(InvoiceQuery):
    """Parameters of an invoice's files."""

    format: ExportFormat = "csv"


@dataclass(frozen=True)
class Block:
    """Everything about one currency. ``rows`` and ``total`` follow the filters; the aging is of everything."""

    aging: AgingReport
    asked: OutstandingFilter
    total: OutstandingSum | None
    rows: list[OutstandingRow]
    to_contact: int = 0

    @property
    def currency(self) -> str:
        """The currency of the block."""
        return self.asked.currency

    def behind(self, figure: str, bucket: str | None = None) -> Behind:
        """Return where a figure of the aging leads, of one age or of all."""
        return aging_links.of_day(self.aging.asked, figure, bucket)

    @property
    def alt(self) -> str:
        """The chart in words."""
        known = f", as known on {day(self.aging.asked.known_at)}" if self.aging.asked.known_at else ""
        return f"Receivables by age as of {day(self.aging.asked.as_of)}{known}, in {self.currency}"

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of the rows as files."""
        return [(name, link("outstanding.export", currency=self.currency, format=name, page=None)) for name in FORMATS]

    @property
    def picture(self) -> str:
        """Address of the chart as drawn."""
        return link("outstanding.chart_svg", currency=self.currency)

    @property
    def picture_dark(self) -> str:
        """Address of the chart as drawn for dark pages."""
        return link("outstanding.chart_svg", currency=self.currency, theme="dark")

    @property
    def specification(self) -> str:
        """Address of the chart's specification."""
        return link("outstanding.chart_json", currency=self.currency)

    @property
    def chart_files(self) -> list[tuple[str, str]]:
        """Format and address of the chart and its table as files."""
        return chart_files(currency=self.currency)


@blueprint.get("")
@requires("reports:read")
def index() -> ResponseReturnValue:
    """Show receivables by age, and the open invoices to those who may see patient rows."""
    filters, here = read(OutstandingQuery), reach()
    shown = frame(here)
    blocks = _blocks(filters, here, with_rows=shown["may_see_patients"])
    page = render_template(
        "reports/outstanding.html", query=filters.query, errors=filters.errors, blocks=blocks, **shown,
        as_of=filters.query.as_of_date or here.business_date, business_date=here.business_date, contacts=CONTACTS,
        definitions=definitions(here.marts, OUTSTANDING_METRICS),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("reports:read")
def chart_svg() -> Response:
    """Draw the chart, for pages without scripts."""
    return Response(to_svg(_chart()), mimetype="image/svg+xml")


@blueprint.get("/chart.json")
@requires("reports:read")
def chart_json() -> Response:
    """Return the chart's specification, for pages with scripts."""
    return jsonify(_chart())


@blueprint.get("/chart.png")
@requires("reports:read", "exports:create", fresh=True)
def chart_png() -> Response:
    """Return the chart as a picture to keep."""
    report, _ = _charted()
    return chart_picture(_chart(), f"aging-{report.asked.as_of}-{report.asked.currency.lower()}")


@blueprint.get("/chart.csv")
@requires("reports:read", "exports:create", fresh=True)
def chart_csv() -> Response:
    """Return what the chart shows as a table."""
    (report, query), here = _charted(), reach()
    words = described(query, here, [("As of", report.asked.as_of)])
    return download(buckets_document(here.marts, report, stamp(here), words), "csv")


@blueprint.get("/export")
@requires("patients:read", "exports:create", fresh=True)
def export() -> Response:
    """Return the open invoices that the page shows, all pages of them, as a file."""
    filters, here = read(FileQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = outstanding_asked(filters.query, currency_of(filters.query, here.currencies), here)
    words = described(filters.query, here, [("As of", asked.as_of or here.business_date)])
    document = outstanding_file(here.marts, asked, outstanding_sum(here.marts, asked), stamp(here), words)
    return download(document, filters.query.format)


@blueprint.get("/<path:invoice_id>/export")
@requires("patients:read", "exports:create", fresh=True)
def export_invoice(invoice_id: str) -> Response:
    """Return the events that add up to an invoice's balance as a file."""
    filters = read(InvoiceFileQuery)
    past = past_of(filters, reach())
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    return download(invoice_file(invoice_id, filters.query, past), filters.query.format)


@blueprint.get("/<path:invoice_id>")
@requires("patients:read")
def detail(invoice_id: str) -> ResponseReturnValue:
    """Show the events that add up to an invoice's balance, and its follow-up."""
    filters = read(InvoiceQuery)
    return invoice_page(invoice_id, filters), filters.status


def _blocks(filters: Filters[OutstandingQuery], here: Reach, with_rows: bool) -> list[Block]:
    query = filters.query
    if filters.errors:
        return []
    try:
        shown = currencies_shown(query, here.currencies)
        asked = [outstanding_asked(query, currency, here) for currency in shown]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [_block(one, query, here, with_rows) for one in asked]


def _block(asked: OutstandingFilter, query: OutstandingQuery, here: Reach, with_rows: bool) -> Block:
    report = _aging(asked.currency, query, here)
    if not with_rows:
        return Block(report, asked, None, [])
    rows = outstanding_page(here.marts, asked, query.page, query.limit)
    return Block(report, asked, outstanding_sum(here.marts, asked), rows, contacts_due(here.marts, asked.currency))


def _aging(currency: str, query: OutstandingQuery, here: Reach) -> AgingReport:
    return aging(here.marts, aging_on(query.as_of_date, currency, here, query.known_at))


def chart_files(**parameters: object) -> list[tuple[str, str]]:
    """Return format and address of receivables by age, of the filters of this page, as a table and as a picture."""
    return [(kind, link(f"outstanding.chart_{kind}", page=None, **parameters)) for kind in ("csv", "png")]


def _chart() -> dict[str, object]:
    report, query = _charted()
    bars = [(bucket.bucket, bucket.amount, bucket.invoice_count) for bucket in report.buckets]
    return aging_chart(bars, report.asked.currency, f"Receivables by age as of {report.asked.as_of}", query.theme)


def _charted() -> tuple[AgingReport, ChartQuery]:
    filters, here = read(ChartQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = outstanding_asked(filters.query, currency_of(filters.query, here.currencies), here)
    return _aging(asked.currency, filters.query, here), filters.query
