"""What a view demands is declared on the view; the guard enforces it before the view runs. No declaration, no entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Flask

from portal.permissions import PERMISSIONS

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed-in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Views that are not ours and cannot carry a declaration.
_FOREIGN = {
    "static": (PUBLIC,),
    "security.static": (PUBLIC,),
    "security.login": (PUBLIC,),
    "security.logout": (PUBLIC,),
    "security.change_password": (SIGNED_IN,),
    "security.verify": (SIGNED_IN,),
    "security.forgot_password": (PUBLIC,),
    "security.reset_password": (PUBLIC,),
    # Also between password and code, when nobody is signed in yet: they look for that in the session.
    "security.two_factor_setup": (PUBLIC,),
    "security.two_factor_token_validation": (PUBLIC,),
    "security.two_factor_rescue": (PUBLIC,),
    "security.tf_select": (PUBLIC,),
    "security.mf_recovery": (PUBLIC,),
    "security.two_factor_setup_validate": (SIGNED_IN,),
    "security.mf_recovery_codes": (SIGNED_IN,),
}
_FRESH = {"security.two_factor_setup", "security.two_factor_setup_validate", "security.mf_recovery_codes"}
_UNRECORDED = {"static", "security.static"}


def requires(*permissions: str, fresh: bool = False) -> Callable[[View], View]:
    """Declare that a view wants every one of ``permissions`` (keys of ``portal.permissions.PERMISSIONS``).

    With ``fresh``, a session in which the password was typed long ago has to confirm it first (``portal.security.proof``).
    The guard answers 401 (API) or sends to the login (pages) when nobody is signed in, and 403 where one is missing.
    """
    unknown = [name for name in permissions if name not in PERMISSIONS]
    if unknown or not permissions:
        raise ValueError(f"No permission called {', '.join(unknown) or '(none)'}: see portal/permissions.py.")
    return _declaring(permissions, fresh)


def public(view: View) -> View:
    """Declare that anybody may open a view."""
    return _declaring((PUBLIC,))(view)


def signed_in(view: View) -> View:
    """Declare that everybody who is signed in may open a view."""
    return _declaring((SIGNED_IN,))(view)


def freshly_signed_in(view: View) -> View:
    """Declare that everybody who is signed in may open a view, and confirms a password that was typed long ago first."""
    return _declaring((SIGNED_IN,), fresh=True)(view)


def unrecorded(view: View) -> View:
    """Leave a view's accesses out of the audit log: for polling that shows no figures."""
    view.recorded = False  # type: ignore[attr-defined]
    return view


def reads(view: View) -> View:
    """Say of a view that is sent a body that it changes nothing: tokens that only read may send it."""
    view.reads = True  # type: ignore[attr-defined]
    return view


def takes(size: int) -> Callable[[View], View]:
    """Let a view be sent up to ``size`` bytes, where all others refuse what is larger than ``MAX_CONTENT_LENGTH`` (413).

    For files that a page uploads; the view sees to it that they are read piece by piece.
    """

    def declare(view: View) -> View:
        view.takes = size  # type: ignore[attr-defined]
        return view

    return declare


def most_bytes(app: Flask, endpoint: str) -> int:
    """Return how much an endpoint may be sent."""
    return int(getattr(app.view_functions.get(endpoint), "takes", app.config["MAX_CONTENT_LENGTH"]))


def demands(app: Flask, endpoint: str) -> tuple[str, ...]:
    """Return what an endpoint demands: permissions (all of them), ``PUBLIC`` or ``SIGNED_IN``; nothing if it does not say."""
    declared: tuple[str, ...] = getattr(app.view_functions.get(endpoint), "demands", ())
    return declared or _FOREIGN.get(endpoint, ())


def changes(app: Flask, endpoint: str, method: str) -> bool:
    """Return whether a request may change something, as one that sends a body does unless its view says otherwise."""
    return method not in SAFE and not getattr(app.view_functions.get(endpoint), "reads", False)


def allowed(demanded: tuple[str, ...], permissions: Iterable[str]) -> bool:
    """Return whether somebody signed in with ``permissions`` may open what demands ``demanded``; never if that is nothing."""
    return bool(demanded) and {*permissions, PUBLIC, SIGNED_IN}.issuperset(demanded)


def wants_fresh(app: Flask, endpoint: str) -> bool:
    """Return whether a session has to be fresh for an endpoint."""
    return endpoint in _FRESH or bool(getattr(app.view_functions.get(endpoint), "fresh", False))


def is_recorded(app: Flask, endpoint: str) -> bool:
    """Return whether accesses to an endpoint go to the audit log."""
    return endpoint not in _UNRECORDED and getattr(app.view_functions.get(endpoint), "recorded", True)


def _declaring(demand: tuple[str, ...], fresh: bool = False) -> Callable[[View], View]:
    def declare(view: View) -> View:
        view.demands = demand  # type: ignore[attr-defined]
        view.fresh = fresh  # type: ignore[attr-defined]
        return view

    return declare
