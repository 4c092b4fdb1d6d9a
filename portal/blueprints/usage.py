"""Usage: which reports were opened by which roles in a period, from the audit log, for who may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal import builds, freshness
from portal.analytics.charts import Figure, Spec, Theme
from portal.analytics.share_charts import Part, parts_bars
from portal.api.v1.download import chart_picture, download_list
from portal.api.v1.parameters import RangeQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import Filters, link, read
from portal.exports.drawing import to_svg
from portal.formatting import day
from portal.navigation import ITEMS
from portal.queries.usage import Opened, UsageFilter, usage
from portal.security import current_hospitals, requires, sees_everything, sessions

blueprint = Blueprint("usage", __name__, url_prefix="/admin/usage")
_USUAL = timedelta(days=29)
_API = "api_v1."
_PARTS = ("chart", "svg", "json", "png", "picture")  # what a page fetches for itself is no opening of a report
Asked = TypeVar("Asked", bound=RangeQuery)
_COLUMNS = ("report", "role", "opened", "people", "last_day")


class ChartQuery(RangeQuery):
    """Parameters of the chart: the page's days, and the theme that it is drawn for."""

    theme: Theme = "light"


@dataclass(frozen=True)
class Line:
    """A report: how often it was opened by anybody, and by each role."""

    total: Opened
    by_role: dict[str, Opened]


@blueprint.get("")
@requires("audit-log:read")
def index() -> ResponseReturnValue:
    """Show how often each report was opened, by role."""
    filters = read(RangeQuery)
    asked, lines = _asked(filters.query), []
    if not filters.errors:
        lines = _lines(_opened(asked))
    roles = sorted({role for line in lines for role in line.by_role})
    title = f"Reports opened, {day(asked.start)} to {day(asked.end)}"
    page = render_template(
        "admin/usage.html", query=filters.query, errors=filters.errors, asked=asked, lines=lines, roles=roles, title=title,
        everything=sees_everything(), picture=link("usage.chart_svg"), dark=link("usage.chart_svg", theme="dark"),
        specification=link("usage.chart_json"), file=link("usage.export"), chart_files=[("png", link("usage.chart_png"))],
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/chart.svg")
@requires("audit-log:read")
def chart_svg() -> Response:
    """Draw the chart, for pages without scripts."""
    return Response(to_svg(_chart()), mimetype="image/svg+xml")


@blueprint.get("/chart.json")
@requires("audit-log:read")
def chart_json() -> Response:
    """Return the chart's specification, for pages with scripts."""
    return jsonify(_chart())


@blueprint.get("/chart.png")
@requires("audit-log:read", fresh=True)
def chart_png() -> Response:
    """Return the chart as a picture to keep."""
    return chart_picture(_chart(), "usage")


@blueprint.get("/export.csv")
@requires("audit-log:read", fresh=True)
def export() -> Response:
    """Return what the page shows, a line for each report and role; the role is empty in a report's own line."""
    opened = _opened(_asked(_checked(read(RangeQuery))))
    lines = ([one.report, one.role, one.opened, one.people, one.last_day.isoformat()] for one in opened)
    return download_list("usage", _COLUMNS, lines)


def _chart() -> Spec:
    query = _checked(read(ChartQuery))
    asked = _asked(query)
    parts = [Part(one.report, Decimal(one.opened)) for one in _opened(asked) if one.role is None]
    return parts_bars(
        parts, Figure("Times opened"), f"Reports opened, {day(asked.start)} to {day(asked.end)}", query.theme
    )


def _checked(filters: Filters[Asked]) -> Asked:
    if filters.errors:
        raise InvalidParametersError(filters.errors)
    return filters.query


def _asked(query: RangeQuery) -> UsageFilter:
    zone = freshness.current().timezone
    today: date = sessions.now().astimezone(ZoneInfo(zone)).date()
    end = query.end_date or max(today, query.start_date or today)
    return UsageFilter(query.start_date or end - _USUAL, end, zone, current_hospitals(), sees_everything())


def _opened(asked: UsageFilter) -> list[Opened]:
    return usage(builds.scoped(), asked, _reports())


def _reports() -> dict[str, str]:
    """Return the reports by the endpoint that shows each: pages of the menu, and reports of the API."""
    menu = {name: item.label for item in ITEMS for name in item.blueprints}
    found: dict[str, str] = {}
    for rule in current_app.url_map.iter_rules():
        blueprint_name, _, view = rule.endpoint.rpartition(".")
        if "GET" not in (rule.methods or ()) or any(part in view for part in _PARTS):
            continue
        if rule.endpoint.startswith(_API) and "/reports/" in f"{rule.rule}/".replace("financial-reports", "reports"):
            found[rule.endpoint] = f"API: {rule.endpoint.removeprefix(_API).replace('_', ' ').replace('.', ', ')}"
        elif blueprint_name in menu:
            found[rule.endpoint] = menu[blueprint_name]
    return found


def _lines(opened: list[Opened]) -> list[Line]:
    by_role: dict[str, dict[str, Opened]] = {}
    for one in opened:
        if one.role is not None:
            by_role.setdefault(one.report, {})[one.role] = one
    return [Line(one, by_role.get(one.report, {})) for one in opened if one.role is None]
