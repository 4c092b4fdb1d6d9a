"""Counts of limited requests, kept in the database: every web process sees what the others counted.

A window begins with somebody's first request and ends some seconds later, by the database's clock. Counting is one statement.
It does not wait for the disk: what a crash forgets of it is a second's worth.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import text

from portal.models import db

_COUNT = text("""
  with hasty as (select set_config('synchronous_commit', 'off', true) as setting)
  insert into portal.request_counts as kept (subject, hits, until)
  select :subject, 1, clock_timestamp() + make_interval(secs => :seconds) from hasty where setting = 'off'
  on conflict (subject) do update set
    hits = case when kept.until <= clock_timestamp() then 1 else kept.hits + 1 end,
    until = case when kept.until <= clock_timestamp() then excluded.until else kept.until end
  returning hits, extract(epoch from until - clock_timestamp())
""")
_FORGET = text("""
  delete from portal.request_counts where subject in (
    select subject from portal.request_counts where until <= clock_timestamp() for update skip locked
  )
""")
_CLEAR = text("delete from portal.request_counts where cast(:subject as bytea) is null or subject = :subject")


@dataclass(frozen=True)
class Counted:
    """How many requests the window has by now, and in how many seconds it ends."""

    hits: int
    seconds_left: float


def count(name: str, seconds: int) -> Counted:
    """Count a request.

    Args:
        name: of the limit and of whom it is for; kept as a keyed hash.
        seconds: how long a window is.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_COUNT, {"subject": _subject(name), "seconds": seconds}).one()
        if row[0] == 1:
            connection.execute(_FORGET)
    return Counted(int(row[0]), float(row[1]))


def clear(name: str | None = None) -> int:
    """Forget the requests counted under ``name``, of everybody without one. Returns how many counts there were."""
    with db.engine.begin() as connection:
        return int(connection.execute(_CLEAR, {"subject": _subject(name) if name else None}).rowcount)


def _subject(name: str) -> bytes:
    return hmac.digest(current_app.config["TOKEN_KEY"], b"limits|" + name.encode("utf-8", "replace"), hashlib.sha256)
