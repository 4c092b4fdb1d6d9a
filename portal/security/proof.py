"""Asking for the password again before what cannot be taken back or leaves the house, when it was typed long ago."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask_security.utils import get_message
from werkzeug.wrappers import Response

from portal.security import sessions
from portal.security.forms import is_own_password
from portal.security.trail import audit_entry
from portal.services import audit

FIELD = "confirm_password"  # travels with the form that was under way, and is none of its fields
_GO_ON = "You signed in a while ago: type your password, then choose the file again."


class StaleSessionError(Exception):
    """A program with a session has to confirm the password first."""


def ask_again(*, json: bool) -> Response | None:
    """Return what is answered instead of the view if the password was typed too long ago; None lets the view run.

    A form under way is not lost: the page that asks carries its fields and sends them on with the password.

    Raises:
        StaleSessionError: for the API.
    """
    if sessions.is_fresh():
        return None
    if json:
        raise StaleSessionError
    if request.method in ("GET", "HEAD"):
        g.to_login = True
        is_file = request.blueprint != "security"
        flash(_GO_ON if is_file else "You signed in a while ago: type your password to go on.", "info")
        wanted = (_came_from() if is_file else None) or request.full_path.rstrip("?")
        return redirect(url_for("security.verify", next=wanted))
    typed = request.form.get(FIELD)
    if typed and is_own_password(typed):
        audit.record(audit_entry("reauthentication", "user"))
        sessions.prove()
        return None
    carried = [(name, value) for name, value in request.form.items(multi=True) if name != FIELD]
    page = render_template(
        "security/confirm.html", action=request.full_path, carried=carried, field=FIELD,
        error=get_message("INVALID_PASSWORD")[0] if typed is not None else None,
    )  # fmt: skip
    return make_response(page, 401)


def _came_from() -> str | None:
    """Return the page of the portal on which the file was chosen: whoever confirms goes on there."""
    page = urlsplit(request.referrer or "")
    if page.netloc != request.host or page.path == url_for("security.verify"):
        return None
    return f"{page.path}?{page.query}" if page.query else page.path
