"""Back-off after failures in a row: further tries are refused for 1, 2, 4 … minutes, the right password's included.

The count is kept in the database, for every web process alike. A try is counted before the password is looked at, and
taken back by success: of many tries at the same instant no more get through than of tries one after the other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flask import current_app
from sqlalchemy import text

from portal.models import User, db
from portal.services.audit import Entry, record

Kind = Literal["account", "address", "pair", "confirmation", "code", "reset"]
_FORGOTTEN = timedelta(days=1)
_NONE = timedelta(0)
_FORGET = text("""
  delete from portal.sign_in_failures where (kind, subject) in (
    select kind, subject from portal.sign_in_failures where last_failed_at < :before for update skip locked
  )
""")
_HOLD = text("""
  insert into portal.sign_in_failures as kept (kind, subject, failures, last_failed_at) values (:kind, :subject, 0, :now)
  on conflict (kind, subject) do update set failures = kept.failures
  returning failures, locked_until
""")
_COUNT = text("""
  update portal.sign_in_failures set failures = :failures, last_failed_at = :now, locked_until = :locked_until
  where kind = :kind and subject = :subject
""")
# What this account failed from there, the try that succeeded included; those of others stay.
_TAKE_BACK = text("""
  update portal.sign_in_failures as kept set
    failures = greatest(kept.failures - own.failures, 0), locked_until = null
  from portal.sign_in_failures as own
  where kept.kind = :kind and kept.subject = :subject and own.kind = :own_kind and own.subject = :own_subject
""")
_CLEAR = text("delete from portal.sign_in_failures where kind = :kind and subject = :subject")


@dataclass(frozen=True)
class Subject:
    """What failures are counted for: an e-mail address as typed, a network address, the two together, or a user's number."""

    kind: Kind
    value: str


@dataclass(frozen=True)
class Attempt:
    """A try that was counted: whether it may succeed, and for how long it puts off others if it does not."""

    allowed: bool
    pause: timedelta = _NONE


def pause_after(failures: int, free: int, longest: timedelta) -> timedelta:
    """Return how long tries are refused after so many failures in a row.

    Nothing below ``free``; from there 1, 2, 4 … minutes, at most ``longest``.
    """
    if failures < free:
        return _NONE
    return min(timedelta(minutes=2 ** min(failures - free, 20)), longest)


def begin(subjects: Sequence[Subject], now: datetime) -> Attempt:
    """Count a try for each subject, in this order, up to the first that is locked; committed at once."""
    db.session.execute(_FORGET, {"before": now - _FORGOTTEN})
    db.session.commit()  # apart: who deletes and counts in one transaction could wait for another that waits for it
    pauses = []
    for subject in subjects:
        pause = _counted(subject, now)
        if pause is None:
            db.session.commit()
            return Attempt(allowed=False)
        pauses.append(pause)
    db.session.commit()
    return Attempt(allowed=True, pause=max(pauses, default=_NONE))


def subjects_of(email: str, address: str) -> tuple[Subject, ...]:
    """Return what a try to sign in as ``email`` from a network address counts for."""
    return Subject("address", address), Subject("account", email), Subject("pair", f"{address}|{email}")


def succeeded(subjects: Sequence[Subject]) -> None:
    """Forget the failures of each subject; the caller commits.

    Of a network address only those for the account that succeeded: who has one must not clear guesses at others with it.
    """
    pair = next((subject for subject in subjects if subject.kind == "pair"), None)
    for subject in subjects:
        if subject.kind == "address" and pair:
            own = _key(pair)
            db.session.execute(_TAKE_BACK, _key(subject) | {"own_kind": own["kind"], "own_subject": own["subject"]})
        else:
            db.session.execute(_CLEAR, _key(subject))


def unlock(user: User | None, address: str | None, entry: Entry) -> None:
    """Let a user, and who comes from a network address, try again at once; recorded with ``entry``."""
    subjects = [Subject("address", address)] if address else []
    if user:
        subjects += [
            Subject("account", user.email),
            Subject("confirmation", str(user.id)),
            Subject("code", str(user.id)),
            Subject("reset", user.email),
        ]
    for subject in subjects:
        db.session.execute(_CLEAR, _key(subject))
    record(entry, db.session.connection())
    db.session.commit()


def _counted(subject: Subject, now: datetime) -> timedelta | None:
    row = db.session.execute(_HOLD, _key(subject) | {"now": now}).one()
    if row.locked_until is not None and row.locked_until > now:
        return None
    failures = row.failures + 1
    pause = _pause(subject.kind, failures)
    values = {"failures": failures, "now": now, "locked_until": now + pause if pause else None}
    db.session.execute(_COUNT, _key(subject) | values)
    return pause


def _pause(kind: Kind, failures: int) -> timedelta:
    if kind == "pair":
        return _NONE  # counted to be taken back
    settings = current_app.config
    free = settings["LOCKOUT_ADDRESS_FAILURES" if kind == "address" else "LOCKOUT_FAILURES"]
    return pause_after(failures, free, settings["LOCKOUT_LONGEST"])


def _key(subject: Subject) -> dict[str, object]:
    words = f"{subject.kind}|{subject.value}".encode("utf-8", "replace")
    return {
        "kind": subject.kind,
        "subject": hmac.digest(current_app.config["TOKEN_KEY"], b"failures|" + words, hashlib.sha256),
    }
