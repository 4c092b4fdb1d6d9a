"""Case logs that were sent and never confirmed: they stay for a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from portal import builds
from portal.models import db
from portal.services import audit
from portal.services.audit import Entry
from portal.services.case_verification import hospitals

_STAY = timedelta(days=1)
_FORGET = text("delete from portal.case_log_uploads where imported_at is null and created_at < :border")


def forget(connection: Connection, now: datetime) -> int:
    """Delete the drafts, in reach of the transaction, that nobody confirmed within a day. Returns how many."""
    return connection.execute(_FORGET, {"border": now - _STAY}).rowcount


def forget_everywhere(entry: Entry, now: datetime) -> int:
    """Delete such drafts of every hospital, each hospital in a transaction with its audit record. Returns how many.

    Raises:
        NoBuildError: if nothing was ever published.
    """
    total = 0
    for hospital_id in hospitals():
        with db.engine.begin() as connection:
            builds.pin_newest(connection, (hospital_id,))
            gone = forget(connection, now)
            if gone:
                audit.record(replace(entry, hospital_ids=(hospital_id,), old_values={"drafts": gone}), connection)
        total += gone
    return total
