"""Ending every session of a user, wherever it is."""

from __future__ import annotations

import secrets
from datetime import datetime

from portal.models import User, db
from portal.services import tokens
from portal.services.audit import Entry, record


def everywhere(user: User, entry: Entry, revoked_at: datetime | None) -> None:
    """End all sessions of ``user`` and record it.

    Args:
        user: whose sessions end, on every device, the one that asks included.
        entry: the audit record, written in the same transaction.
        revoked_at: the present instant if the user's API tokens are revoked as well; None leaves them: a program that
            works with one is no session, and its owner may be far away.
    """
    user.fs_uniquifier = secrets.token_hex(32)  # every session names its user by this
    db.session.add(user)
    if revoked_at is not None:
        tokens.revoke_all(user, revoked_at)
    db.session.flush()
    record(entry, db.session.connection())
    db.session.commit()
