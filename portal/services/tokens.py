"""Bearer tokens of the API: shown once, kept as a keyed hash, valid for some days."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select, update

from portal.models import ApiToken, User, db
from portal.services.audit import Entry, record
from portal.services.users import UserError, find

MAX_DAYS = 365


def create(email: str, days: int, now: datetime, *, by: str) -> str:
    """Make a token for a user, record that, and return the token; it cannot be shown again.

    Args:
        email: the user's.
        days: how long it is valid, 1 to 365.
        now: the present instant, with time zone.
        by: who does it, for the audit log.

    Raises:
        UserError: for an unknown or inactive user, or days out of range.
    """
    if not 1 <= days <= MAX_DAYS:
        raise UserError(f"--days is {days}: a token is valid for 1 to {MAX_DAYS} days.")
    user = find(email)
    if not user.active:
        raise UserError(f"{user.email} is not active: activate the user first.")
    token = f"daybook_{secrets.token_urlsafe(32)}"
    kept = ApiToken(user_id=user.id, token_hash=_hash(token), expires_at=now + timedelta(days=days))
    db.session.add(kept)
    db.session.flush()
    values = {"user_id": user.id, "expires_at": kept.expires_at.isoformat()}
    record(Entry(by, "token_create", "api_token", resource_id=str(kept.id), new_values=values), db.session.connection())
    db.session.commit()
    return token


def revoke_all(user: User, now: datetime) -> None:
    """Revoke every token of ``user``, in the transaction under way."""
    mine = update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    db.session.execute(mine.values(revoked_at=now))


def user_of(token: str) -> User | None:
    """Return the active user that a token stands for, None if it is unknown, expired or revoked."""
    query = (
        select(ApiToken)
        .where(ApiToken.token_hash == _hash(token), ApiToken.revoked_at.is_(None))
        .where(ApiToken.expires_at > db.func.clock_timestamp())
    )
    found = db.session.scalars(query).one_or_none()
    return found.user if found and found.user.active else None


def _hash(token: str) -> bytes:
    return hmac.new(current_app.config["TOKEN_KEY"], token.encode("utf-8", "replace"), hashlib.sha256).digest()
