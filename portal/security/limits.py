"""Rate limits: proofs of who one is, searches for patients, files, and the API.

Counted in the database, for all web processes together; only what is limited is counted: a page or a picture costs nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_limiter import ApplicationLimit, Limit, Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage

from portal.security.declare import wants_fresh
from portal.services import request_counts
from portal.services.request_counts import Counted

# What can be guessed at: passwords, codes, links.
_PROOFS = frozenset(
    f"security.{name}"
    for name in ("login", "forgot_password", "change_password", "verify", "two_factor_token_validation", "mf_recovery")
)
_LINK = "security.reset_password"
# Who may look up one patient may not read out all of them.
SEARCHES = frozenset({"patients.search", "contacts.show", "api_v1.patients.search", "api_v1.patients.search_unseen"})
# Forms that make a file, or read one, or the whole audit log.
FILES = frozenset(
    {"export_orders.make", "case_logs.create", "case_logs.preview", "case_logs.import_upload", "statements.preview"}
    | {"api_v1.billing_audit.create", "audit_log.verify"}
)


class DatabaseCounts(Storage):
    """Counts of Flask-Limiter in the portal's database; the limits of a request ask it once each."""

    STORAGE_SCHEME = ["daybook"]  # noqa: RUF012 - as the library declares it

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What a failing storage raises; nothing is wrapped: a database that does not answer is told as everywhere."""
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:  # noqa: ARG002 - every request counts once
        """Count a request and return how many the window has."""
        counted = request_counts.count(key, expiry)
        _counted()[key] = counted
        return counted.hits

    def get(self, key: str) -> int:
        """Return what this request was told as it was counted."""
        return _counted()[key].hits if key in _counted() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, as seconds since 1970."""
        return time.time() + (_counted()[key].seconds_left if key in _counted() else 0)

    def check(self) -> bool:
        """Return True: that the database answers shows in every request."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        return request_counts.clear()

    def clear(self, key: str) -> None:
        """Forget what was counted under ``key``."""
        request_counts.clear(key)


def init_app(app: Flask) -> None:
    """Limit what ``app`` is asked for, before anything else looks at a request. Over it: 429 with Retry-After."""
    limiter = Limiter(
        get_remote_address,
        storage_uri="daybook://",
        strategy="fixed-window",
        default_limits=[Limit(_setting("LOGIN_LIMIT"), key_function=_who, exempt_when=lambda: not _is_proof())],
        application_limits=[
            _limit("API_LIMIT", "caller", _caller, _is_api),
            _limit("ADDRESS_LIMIT", "address", get_remote_address, _is_api),
            _limit("SEARCH_LIMIT", "searches", _caller, _is_search),
            _limit("FILE_LIMIT", "files", _caller, _is_file),
        ],
    )
    limiter.init_app(app)


def _limit(name: str, scope: str, key: Callable[[], str], concerned: Callable[[], bool]) -> ApplicationLimit:
    return ApplicationLimit(_setting(name), key_function=key, scope=scope, exempt_when=lambda: not concerned())


def _setting(name: str) -> Callable[[], str]:
    return lambda: current_app.config[name]


def _is_proof() -> bool:
    return request.endpoint == _LINK or (request.endpoint in _PROOFS and request.method == "POST")


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _is_search() -> bool:
    return request.endpoint in SEARCHES and (request.method == "POST" or _is_api())


def _is_file() -> bool:
    """Return whether a file is asked for, or brought: what wants a fresh session to be read is a file, and no page."""
    if request.endpoint is None or request.blueprint == "security":
        return False
    if request.method in ("GET", "HEAD"):
        return wants_fresh(current_app, request.endpoint)
    return request.method == "POST" and request.endpoint in FILES


def _caller() -> str:
    # Nobody is looked up yet: the session's signed user, or the token as it was sent. Pages take no token, and whoever
    # sends one to them is counted as who they are.
    if _is_api() and (header := request.headers.get("Authorization")):
        return hashlib.sha256(header.encode("utf-8", "replace")).hexdigest()
    return _who()


def _who() -> str:
    return str(session.get("_user_id") or get_remote_address())


def _counted() -> dict[str, Counted]:
    if "request_counts" not in g:
        g.request_counts = {}
    found: dict[str, Any] = g.request_counts
    return found
