"""Reports home: cards of the reports that the user may open; and which build is live."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal import builds
from portal.api.v1.asked import Reach, currencies_shown, reach
from portal.api.v1.schema import InvalidParametersError, Query
from portal.blueprints.filters import Filters, frame, read
from portal.blueprints.home_cards import Glance, glance
from portal.navigation import allowed_items
from portal.queries.write_offs import WaitingRequests, waiting_requests
from portal.security import signed_in, unrecorded

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@signed_in
@unrecorded
def root() -> AnyResponse:
    """Send to Reports home."""
    return redirect(url_for("home.reports"))


@blueprint.get("/staff/build")
@signed_in
@unrecorded
def build() -> Response:
    """Tell which build is live: what an open page asks every minute. No figure, so no record and no use of the session."""
    live = builds.find_live_build()
    return jsonify(buildId=live.build_id if live else None)


@blueprint.get("/staff/reports")
@signed_in
def reports() -> ResponseReturnValue:
    """Show the month so far at a glance, and the reports that the user may open."""
    items = [item for item in allowed_items() if item.endpoint != "home.reports"]
    filters = read(Query)
    # Figures are for those who read reports, and there once something is published; the menu is for everyone.
    figures = "reports:read" in current_user.permissions and builds.find_live_build() is not None
    here = reach() if figures else None
    glances = _glances(filters, here) if here else []
    shown = frame(here) if here else {}
    page = render_template(
        "home/reports.html", items=items, waiting=_waiting(), glances=glances, errors=filters.errors,
        query=filters.query, **shown,
    )  # fmt: skip
    return page, filters.status


def _glances(filters: Filters[Query], here: Reach) -> list[Glance]:
    if filters.errors:
        return []
    financial = "financial-reports:read" in current_user.permissions
    try:
        shown = currencies_shown(filters.query, here.currencies)
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [glance(here, currency, financial=financial) for currency in shown]


def _waiting() -> list[WaitingRequests]:
    """Return how many write-offs wait for a decision, to those who may see them; nothing before the first build."""
    if "financial-reports:read" not in current_user.permissions or builds.find_live_build() is None:
        return []
    return waiting_requests(builds.marts(), current_user.id)
