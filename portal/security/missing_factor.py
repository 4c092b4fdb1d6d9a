"""A session that was opened by the password alone, of who has a second factor by now or has to have one: it opens nothing."""

from __future__ import annotations

from flask import flash, g, redirect, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from portal.security import sessions
from portal.security.declare import PUBLIC

# What it takes to set one up: the password once more, if it was typed long ago.
_SETUP = frozenset({"security.two_factor_setup", "security.two_factor_setup_validate"})
_OPEN = _SETUP | {"security.verify"}


class MissingFactorError(Exception):
    """A program with a session has to sign in with a second factor, or set one up, first."""


def concerns(endpoint: str, demanded: tuple[str, ...]) -> bool:
    """Return whether an endpoint is closed to such a session: all but what anybody opens."""
    return demanded != (PUBLIC,) or endpoint in _SETUP


def go_first(endpoint: str, *, json: bool) -> Response | None:
    """Return where a session without a second factor is sent if its user has one, or needs one; None for every other.

    Raises:
        MissingFactorError: for the API.
    """
    if current_user.has_second_factor:
        if sessions.has_second_factor():
            return None
        # Set up in another session. This one was opened by the password alone, perhaps by whoever stole it.
        _refuse(json)
        sessions.leave()
        flash("Your account has a second factor now: sign in with it.", "info")
        return redirect(url_for("security.login"))
    if endpoint in _OPEN or not current_user.check_tf_required_setup():
        return None
    _refuse(json)
    flash("Your role needs a second factor now: set up an authenticator app to go on.", "info")
    return redirect(url_for("security.two_factor_setup"))


def _refuse(json: bool) -> None:
    g.denied = True
    if json:
        raise MissingFactorError
