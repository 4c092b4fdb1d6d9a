"""Doing for a user what no browser of theirs asks for: a job, a scheduled copy, a command. All that limits them limits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

from flask import current_app, g

from portal.models import User, db


class GoneError(Exception):
    """The user was disabled, or does not exist any more."""


@contextmanager
def acting_as(user_id: int, filters: Mapping[str, Sequence[str]]) -> Iterator[User]:
    """Let what a request would do be done for a user: its hospitals, providers, permissions of now.

    Args:
        user_id: whose rights it is done under.
        filters: what the address of the request would hold, each with all its values.

    Raises:
        GoneError: if the user may not sign in.
    """
    address = f"/?{urlencode(filters, doseq=True)}"
    with current_app._get_current_object().app_context(), current_app.test_request_context(address):  # type: ignore[attr-defined]
        user = db.session.get(User, user_id)
        if user is None or not user.active:
            raise GoneError("The user was disabled.")
        # What flask_login's current_user returns meanwhile.
        g._login_user = user
        yield user
