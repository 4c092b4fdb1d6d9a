"""Outstanding: aging as of any day, the open invoices behind it, and the events that add up to one balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal.analytics.charts import Theme, aging_chart
from portal.analytics.money import plain
from portal.api.v1.asked import (
    Reach,
    aging_on,
    currencies_shown,
    currency_of,
    outstanding_asked,
    past_day,
    reach,
    stamp,
)
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.parameters import Day, ExportFormat, OutstandingFilters, OutstandingQuery
from portal.api.v1.schema import InvalidParametersError, Query
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.exports.documents import OUTSTANDING_METRICS, outstanding_document
from portal.exports.drawing import to_svg
from portal.formatting import day
from portal.queries import ledger
from portal.queries.aging import AgingReport, aging
from portal.queries.definitions import definitions
from portal.queries.outstanding import (
    OutstandingFilter,
    OutstandingRow,
    OutstandingSum,
    outstanding_page,
    outstanding_sum,
)
from portal.queries.write_offs import WriteOff, WriteOffFilter, write_offs_page
from portal.security import requires

_MOST_WRITE_OFFS = 100
blueprint = Blueprint("outstanding", __name__, url_prefix="/staff/outstanding")


class ChartQuery(OutstandingQuery):
    """Parameters of the chart: those of the page and the theme that it is drawn for."""

    theme: Theme = "light"


class FileQuery(OutstandingFilters):
    """Parameters of the page's files."""

    page: int = 1
    limit: int = 50
    format: ExportFormat = "csv"


class InvoiceQuery(Query):
    """Which day an invoice is looked at."""

    as_of_date: Day | None = None


@dataclass(frozen=True)
class Block:
    """Everything about one currency. ``rows`` and ``total`` follow the filters; the aging is of everything."""

    aging: AgingReport
    asked: OutstandingFilter
    total: OutstandingSum | None
    rows: list[OutstandingRow]

    @property
    def currency(self) -> str:
        """The currency of the block."""
        return self.asked.currency

    @property
    def alt(self) -> str:
        """The chart in words."""
        return f"Receivables by age as of {day(self.aging.asked.as_of)}, in {self.currency}"

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


@blueprint.get("")
@requires("reports:read")
def index() -> ResponseReturnValue:
    """Show receivables by age, and the open invoices to those who may see patient rows."""
    filters, here = read(OutstandingQuery), reach()
    shown = frame(here)
    blocks = _blocks(filters, here, with_rows=shown["may_see_patients"])
    page = render_template(
        "reports/outstanding.html", query=filters.query, errors=filters.errors, blocks=blocks, **shown,
        as_of=filters.query.as_of_date or here.business_date, business_date=here.business_date,
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


@blueprint.get("/export")
@requires("patients:read", "exports:create", fresh=True)
def export() -> Response:
    """Return the open invoices that the page shows, all pages of them, as a file."""
    filters, here = read(FileQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = outstanding_asked(filters.query, currency_of(filters.query, here.currencies), here)
    words = described(filters.query, here, [("As of", asked.as_of or here.business_date)])
    document = outstanding_document(here.marts, asked, outstanding_sum(here.marts, asked), stamp(here), words)
    return download(document, filters.query.format)


@blueprint.get("/<path:invoice_id>")
@requires("patients:read")
def detail(invoice_id: str) -> ResponseReturnValue:
    """Show the events that add up to an invoice's balance."""
    filters, here = read(InvoiceQuery), reach()
    found = ledger.invoices(here.marts, invoice_id) if invoice_id.isprintable() else []
    if not found:
        abort(404, "There is no such invoice here.")
    as_of = here.business_date
    try:
        as_of = past_day(filters.query.as_of_date, "asOfDate", here) or as_of
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
    traces = [(invoice, ledger.events(here.marts, invoice.invoice_key, as_of)) for invoice in found]
    names = {hospital.hospital_id: hospital.name for hospital in here.hospitals}
    page = render_template(
        "reports/invoice.html", invoice_id=invoice_id, traces=traces, as_of=as_of, names=names, errors=filters.errors,
        write_offs=_write_offs(found, here), plain=plain,
        may_write_off="financial-reports:write" in current_user.permissions,
        definitions=definitions(here.marts, ("outstanding", "days_overdue", "credits")), **frame(here),
    )  # fmt: skip
    return page, filters.status


def _write_offs(found: list[ledger.Invoice], here: Reach) -> dict[UUID, list[WriteOff]]:
    """Return what was asked to be written off, by invoice, to those who may see it."""
    if "financial-reports:read" not in current_user.permissions:
        return {}
    asked = write_offs_page(here.marts, WriteOffFilter(invoice_id=found[0].invoice_id), page=1, limit=_MOST_WRITE_OFFS)
    return {
        invoice.invoice_key: [
            row for row in asked if (row.hospital_id, row.source_name) == (invoice.hospital_id, invoice.source_name)
        ]
        for invoice in found
    }


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
    report = _aging(asked.currency, query.as_of_date, here)
    if not with_rows:
        return Block(report, asked, None, [])
    rows = outstanding_page(here.marts, asked, query.page, query.limit)
    return Block(report, asked, outstanding_sum(here.marts, asked), rows)


def _aging(currency: str, as_of: date | None, here: Reach) -> AgingReport:
    return aging(here.marts, aging_on(as_of, currency, here))


def _chart() -> dict[str, object]:
    filters, here = read(ChartQuery), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    asked = outstanding_asked(filters.query, currency_of(filters.query, here.currencies), here)
    report = _aging(asked.currency, asked.as_of, here)
    bars = [(bucket.bucket, bucket.amount, bucket.invoice_count) for bucket in report.buckets]
    return aging_chart(bars, asked.currency, f"Receivables by age as of {report.asked.as_of}", filters.query.theme)
