"""Sessions that ended before their time: whoever kept a copy of the cookie does not go on with it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import text

from portal.models import db

_FORGET = text("delete from portal.ended_sessions where until < :now")
_END = text("""
  insert into portal.ended_sessions (session_hash, until) values (:session_hash, :until) on conflict do nothing
""")
_ENDED = text("select exists (select from portal.ended_sessions where session_hash = :session_hash)")


def end(number: str, until: datetime, now: datetime) -> None:
    """End a session; the caller commits.

    Args:
        number: the session's, as its cookie carries it.
        until: when it would have ended at the latest; then it is forgotten.
        now: the present instant.
    """
    db.session.execute(_FORGET, {"now": now})
    db.session.execute(_END, {"session_hash": _hash(number), "until": until})


def is_ended(number: str) -> bool:
    """Return whether the session of this number was ended."""
    return bool(db.session.execute(_ENDED, {"session_hash": _hash(number)}).scalar_one())


def _hash(number: str) -> bytes:
    return hashlib.sha256(number.encode()).digest()
