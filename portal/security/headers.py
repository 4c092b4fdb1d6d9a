"""Security headers of every response."""

from __future__ import annotations

from uuid import uuid4

from flask import Flask, Response, g, request

from warehouse.settings import is_production

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Number every request of ``app`` and send the headers with every response."""
    app.before_request(_number)
    app.after_request(_add)


def _number() -> None:
    g.request_id = uuid4().hex


def _add(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/api/"):  # nobody is shown one as a page, whatever is in it
        response.headers.setdefault("Content-Disposition", 'attachment; filename="api.json"')
    # A proxy may speak TLS and say nothing of it; browsers take no notice of this in clear.
    if request.is_secure or is_production():
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}; includeSubDomains")
    if request.endpoint != "static":
        # Figures and rows never stay on a shared computer, whatever a library thinks of its answer.
        response.headers["Cache-Control"] = "no-store"
    return response
