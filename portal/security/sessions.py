"""How long a session lasts: some minutes without use, some hours whatever is done. Polling is no use.

It is kept in its cookie, signed. That it ended is kept in the database, so that a copy of the cookie is of no use either.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, current_app, flash, g, session
from flask_login import user_logged_out
from flask_security import current_user
from flask_security.signals import user_authenticated

from portal.models import db
from portal.services import ended_sessions

_NUMBER, _BEGAN, _USED, _PROVED, _SECOND = "number", "began", "used", "proved", "second"
_ELSEWHERE = "You were signed out: sign in again to go on."


def init_app(app: Flask) -> None:
    """Number each session of ``app`` and note when it began; once signed out, its number opens nothing."""
    user_authenticated.connect(_begin, app)
    user_logged_out.connect(_end, app)


def now() -> datetime:
    """Return the instant of the portal's clock (setting ``CLOCK``)."""
    instant: datetime = current_app.config["CLOCK"]()
    return instant


def end_if_over() -> None:
    """Sign out whoever comes with a session that lasted long enough, or was not used for long."""
    if current_user.is_authenticated and (why := _why_over()):
        leave()
        flash(why, "info")


def use() -> None:
    """Let the session go on: the person did something."""
    session[_USED] = now().timestamp()
    session.permanent = True


def prove() -> None:
    """Note that the person just typed the password."""
    session[_PROVED] = now().timestamp()


def is_fresh() -> bool:
    """Return whether the password was typed in this session not long ago."""
    fresh_for: timedelta = current_app.config["FRESH_FOR"]
    return now() - _instant(_PROVED) < fresh_for


def prove_second_factor(user: Any) -> None:
    """Note that ``user`` just gave a code, at the sign-in or as the app was set up."""
    session[_SECOND] = user.get_id_text()


def has_second_factor() -> bool:
    """Return whether who is signed in gave a code in this session."""
    return current_user.is_authenticated and session.get(_SECOND) == current_user.get_id_text()


def leave() -> None:
    """End the session of this browser, for the rest of this request too, and for every copy of its cookie."""
    _end()
    # what flask_login's current_user returns for this request
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]


def _begin(_: Flask, **__: Any) -> None:
    if number := session.get(_NUMBER):  # the password was changed: committed with it
        ended_sessions.end(number, _latest_end(), now())
    session[_NUMBER] = secrets.token_urlsafe(32)
    session[_BEGAN] = now().timestamp()
    prove()
    use()


def _end(*_: Any, **__: Any) -> None:
    if number := session.get(_NUMBER):
        ended_sessions.end(number, _latest_end(), now())
        db.session.commit()  # whether it can be recorded or not: nobody is kept in
    session.clear()


def _latest_end() -> datetime:
    longest: timedelta = current_app.config["SESSION_LONGEST"]
    return _instant(_BEGAN) + longest


def _why_over() -> str | None:
    idle, longest = current_app.config["SESSION_IDLE"], current_app.config["SESSION_LONGEST"]
    if now() - _instant(_BEGAN) >= longest:
        return f"You were signed in for {_hours(longest.total_seconds())}: sign in again to go on."
    if now() - _instant(_USED) >= idle:
        return "You were signed out because nothing was done for a while: sign in again to go on."
    if _NUMBER not in session or ended_sessions.is_ended(session[_NUMBER]):
        return _ELSEWHERE
    return None


def _instant(name: str) -> datetime:
    return datetime.fromtimestamp(session.get(name, 0), UTC)  # without one it began before such sessions were kept


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g} hours"
