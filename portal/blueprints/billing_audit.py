"""Billing audit: expected against actual, what is missing, unexpected, different or unclear, and the evidence as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.audit_timeline import timeline
from portal.analytics.charts import Theme
from portal.api.v1.asked import Reach, currencies_shown, currency_of, reach, stamp
from portal.api.v1.audit_lines import evidence, lines
from portal.api.v1.billing_audit_desk import Audit, audit_asked, audit_words, providers
from portal.api.v1.billing_audit_parameters import AuditPageQuery
from portal.api.v1.download import chart_picture, download
from portal.api.v1.parameters import ExportFormat
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, frame, link, read
from portal.exports.audit_pictures import timeline_alt, timeline_picture
from portal.exports.billing_audit_documents import audit_document, timeline_document
from portal.exports.drawing import to_svg
from portal.queries.definitions import definitions
from portal.security import requires

blueprint = Blueprint("billing_audit", __name__, url_prefix="/audit")
METRICS = ("case_count",)


class ChartQuery(AuditPageQuery):
    """Parameters of the chart: those of the page and the theme that it is drawn for."""

    theme: Theme = "light"


class FileQuery(AuditPageQuery):
    """Parameters of the page's files."""

    format: ExportFormat = "csv"


@blueprint.get("")
@requires("compensation:read")
def index() -> ResponseReturnValue:
    """Show how the logs compare with what was billed, and one list of it."""
    filters, here = read(AuditPageQuery), reach()
    query = filters.query
    audit = None
    try:
        if not filters.errors:
            audit = audit_asked(query, here, currencies_shown(query, here.currencies)[0])
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
    rows = lines(audit, query, here) if audit and audit.days else []
    start = (query.page - 1) * query.limit
    page = render_template(
        "audit/index.html", query=query, errors=filters.errors, audit=audit, total=len(rows),
        rows=rows[start : start + query.limit], providers=[(one.provider_id, one.name) for one in providers(here)],
        names={f"{one.hospital_id}|{one.provider_id}": one.name for one in providers(here)},
        months=timeline(audit.report, audit.days) if audit and audit.days else (), exports=_exports(),
        chart=_chart(audit), definitions=definitions(here.marts, METRICS), **frame(here),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("compensation:read")
def chart_svg() -> Response:
    """Draw the timeline, for pages without scripts."""
    audit, query, _ = _one(ChartQuery)
    return Response(to_svg(timeline_picture(audit.report, audit.days, query.theme)), mimetype="image/svg+xml")


@blueprint.get("/chart.json")
@requires("compensation:read")
def chart_json() -> Response:
    """Return the timeline's specification, for pages with scripts."""
    audit, query, _ = _one(ChartQuery)
    return jsonify(timeline_picture(audit.report, audit.days, query.theme))


@blueprint.get("/chart.png")
@requires("compensation:read", "exports:create", fresh=True)
def chart_png() -> Response:
    """Return the timeline as a picture to keep."""
    audit, _, _ = _one(ChartQuery)
    return chart_picture(timeline_picture(audit.report, audit.days), f"billing-audit-timeline-{_span(audit)}")


@blueprint.get("/chart.csv")
@requires("compensation:read", "exports:create", fresh=True)
def chart_csv() -> Response:
    """Return what the timeline shows as a table."""
    audit, query, here = _one(ChartQuery)
    months = timeline(audit.report, audit.days) if audit.days else ()
    words = audit_words(audit, query, here)
    name = f"billing-audit-timeline-{_span(audit)}"
    return download(timeline_document(name, months, audit.found.scope.currency, stamp(here), words), "csv")


@blueprint.get("/export")
@requires("compensation:read", "exports:create", fresh=True)
def export() -> Response:
    """Return the evidence report: all lists of the page, as a file."""
    audit, query, here = _one(FileQuery)
    return download(
        audit_document(here.marts, evidence(audit, here), stamp(here), audit_words(audit, query, here)),
        query.format,
    )


def _one(model: type[Any]) -> tuple[Audit, Any, Reach]:
    filters, here = read(model), reach()
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    currency = None if filters.query.currency else currencies_shown(filters.query, here.currencies)[0]
    return (
        audit_asked(filters.query, here, currency or currency_of(filters.query, here.currencies)),
        filters.query,
        here,
    )


def _exports() -> list[tuple[str, str]]:
    return [(name, link("billing_audit.export", format=name, show=None, sort=None, page=None)) for name in FORMATS]


def _span(audit: Audit) -> str:
    return f"{audit.days.start}-{audit.days.end}" if audit.days else "no-days"


def _chart(audit: Audit | None) -> dict[str, Any] | None:
    if audit is None or audit.days is None:
        return None
    return {
        "picture": link("billing_audit.chart_svg", page=None),
        "dark": link("billing_audit.chart_svg", page=None, theme="dark"),
        "specification": link("billing_audit.chart_json", page=None),
        "alt": timeline_alt(audit.report, audit.days),
        "files": [(kind, link(f"billing_audit.chart_{kind}", page=None)) for kind in ("csv", "png")],
    }
