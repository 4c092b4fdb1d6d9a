"""The guard: runs before every view, decides whether it may run at all."""

from __future__ import annotations

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_security import current_user
from flask_security.utils import validate_redirect_url
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from portal.models import db
from portal.security import missing_factor, proof, sessions
from portal.security.declare import (
    PUBLIC,
    SAFE,
    SIGNED_IN,
    allowed,
    changes,
    demands,
    is_recorded,
    most_bytes,
    wants_fresh,
)
from portal.security.scope import current_hospitals
from portal.services import tokens

csrf = CSRFProtect()
# Between password and code. Whoever is through would be signed out by it, and any link may lead there.
_CODE = "security.two_factor_token_validation"


def init_app(app: Flask) -> None:
    """Put the guard before every request of ``app``."""
    csrf.init_app(app)
    app.before_request(guard)


def wants_json() -> bool:
    """Return whether the answer to this request is the API's envelope rather than a page."""
    return request.path.startswith("/api/")


def guard() -> Response | None:
    """Refuse what is not declared, not signed in, not permitted, or forged; let the rest pass."""
    if request.endpoint is None or request.endpoint == "static":
        return None  # Flask answers unknown addresses and methods itself
    request.max_content_length = most_bytes(current_app, request.endpoint)  # before anything reads the form
    _identify()
    demanded = demands(current_app, request.endpoint)
    if not demanded:
        abort(403)
    if instead := _elsewhere(request.endpoint, demanded):
        return instead
    if current_user.is_authenticated and not allowed(demanded, current_user.permissions):
        abort(403)
    if request.method not in SAFE and not g.get("bearer"):
        csrf.protect()
    if not {PUBLIC, SIGNED_IN}.intersection(demanded):
        current_hospitals()  # another hospital's is 404, whatever the view does with it
    if current_user.is_authenticated and not g.get("bearer"):
        return _with_session(request.endpoint)
    return None


def _identify() -> None:
    _authenticate_bearer()
    if not g.get("bearer"):
        sessions.end_if_over()
    g.audit_user = current_user.get_id_text() if current_user.is_authenticated else "anonymous"
    db.session.commit()  # the user is loaded: give the connection back before the view works


def _elsewhere(endpoint: str, demanded: tuple[str, ...]) -> Response | None:
    """Return where the person has to go first, None if nowhere."""
    if endpoint == "security.login" and not _returns_here(request.args.get("next")):
        return redirect(url_for("security.login"))
    if not current_user.is_authenticated:
        return None if demanded == (PUBLIC,) else _to_login()
    if endpoint == _CODE:
        return redirect(url_for("account.show"))
    if g.get("bearer") or not missing_factor.concerns(endpoint, demanded):
        return None
    return missing_factor.go_first(endpoint, json=wants_json())


def _with_session(endpoint: str) -> Response | None:
    if is_recorded(current_app, endpoint):
        sessions.use()
    return proof.ask_again(json=wants_json()) if wants_fresh(current_app, endpoint) else None


def _authenticate_bearer() -> None:
    header = request.headers.get("Authorization", "")
    if not wants_json() or not header:
        return
    scheme, _, token = header.partition(" ")
    kept = tokens.accepted(token.strip()) if scheme.lower() == "bearer" else None
    g.bearer = True
    # what flask_login's current_user returns for this request; a bad token never falls back to a session
    g._login_user = kept.user if kept else current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    if kept is None:
        abort(401)
    if not kept.writes and changes(current_app, str(request.endpoint), request.method):
        g.audit_user = kept.user.get_id_text()
        db.session.commit()
        abort(403, "This token only reads: make one that may write.")


def _returns_here(wanted: str | None) -> bool:
    return wanted is None or validate_redirect_url(wanted)


def _to_login() -> Response:
    if wants_json():
        abort(401)
    g.to_login = True
    wanted = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("security.login", next=wanted))
