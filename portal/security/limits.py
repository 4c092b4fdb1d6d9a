"""Rate limits: tries to log in per address, API calls per user or address."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import current_user


def _caller() -> str:
    return f"user:{current_user.id}" if current_user.is_authenticated else f"address:{get_remote_address()}"


def _limit() -> str:
    return current_app.config["LOGIN_LIMIT" if request.endpoint == "security.login" else "API_LIMIT"]


def _exempt() -> bool:
    if request.endpoint == "security.login":
        return request.method != "POST"
    return not request.path.startswith("/api/")


def init_app(app: Flask) -> None:
    """Limit the logins and the API of ``app``; over the limit is 429 with Retry-After."""
    limiter = Limiter(_caller, application_limits=[], default_limits=[_limit], default_limits_exempt_when=_exempt)
    limiter.init_app(app)
