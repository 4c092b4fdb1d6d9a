"""Rate limits: logins and requests for new passwords per address; the API per caller and, against guessed tokens, per address."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Flask, current_app, request, session
from flask_limiter import ApplicationLimit, Limit, Limiter
from flask_limiter.util import get_remote_address


def init_app(app: Flask) -> None:
    """Limit the logins and the API of ``app``, before anything else looks at a request. Over it: 429 with Retry-After."""
    limiter = Limiter(
        get_remote_address,
        default_limits=[Limit(_setting("LOGIN_LIMIT"), exempt_when=lambda: not _is_login())],
        application_limits=[
            ApplicationLimit(_setting("API_LIMIT"), key_function=_caller, scope="caller", exempt_when=_is_no_api),
            ApplicationLimit(_setting("ADDRESS_LIMIT"), scope="address", exempt_when=_is_no_api),
        ],
    )
    limiter.init_app(app)


def _setting(name: str) -> Callable[[], str]:
    return lambda: current_app.config[name]


def _is_login() -> bool:
    return request.endpoint in ("security.login", "security.forgot_password") and request.method == "POST"


def _is_no_api() -> bool:
    return not request.path.startswith("/api/")


def _caller() -> str:
    # Nobody is looked up yet: the session's signed user, or the token as it was sent.
    if header := request.headers.get("Authorization"):
        return hashlib.sha256(header.encode("utf-8", "replace")).hexdigest()
    return str(session.get("_user_id") or get_remote_address())
