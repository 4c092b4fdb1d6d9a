"""Reports home: cards of the reports that the user may open; and which build is live."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal import builds
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
def reports() -> str:
    """Show the reports that the user may open."""
    items = [item for item in allowed_items() if item.endpoint != "home.reports"]
    return render_template("home/reports.html", items=items, waiting=_waiting())


def _waiting() -> list[WaitingRequests]:
    """Return how many write-offs wait for a decision, to those who may see them; nothing before the first build."""
    if "financial-reports:read" not in current_user.permissions or builds.find_live_build() is None:
        return []
    return waiting_requests(builds.marts(), current_user.id)
