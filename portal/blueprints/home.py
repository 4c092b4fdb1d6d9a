"""Reports home: cards of the reports that the user may open."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.navigation import allowed_items
from portal.security import signed_in, unrecorded

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@signed_in
@unrecorded
def root() -> Response:
    """Send to Reports home."""
    return redirect(url_for("home.reports"))


@blueprint.get("/staff/reports")
@signed_in
def reports() -> str:
    """Show the reports that the user may open."""
    items = [item for item in allowed_items() if item.endpoint != "home.reports"]
    return render_template("home/reports.html", items=items)
