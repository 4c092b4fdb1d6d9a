"""Bearer tokens of the API: shown once, kept as a keyed hash, valid for some days, for some or all of what its user may."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import select, text, update

from portal.models import ApiToken, User, db
from portal.services import mails
from portal.services.audit import Entry, record, sealed
from portal.services.users import UserError, find

MAX_DAYS = 365
_LONGEST_NAME = 100
# Once a minute is enough: a program may call many times a second.
_NOTE_USE = text("""
  update portal.api_tokens set last_used_at = clock_timestamp()
  where id = :number and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')
""")


@dataclass(frozen=True)
class Scope:
    """What a token may do.

    Attributes:
        writes: whether it may change anything.
        permissions: what it is given of what its user may; None for all, whatever that is when it is used.
    """

    writes: bool = True
    permissions: tuple[str, ...] | None = None


EVERYTHING = Scope()


@dataclass(frozen=True)
class Wanted:
    """A token that is to be made.

    Attributes:
        days: how long it is valid, 1 to 365.
        name: what it is for, one line of at most 100 characters.
        scope: what it may do; never more than its user.
    """

    days: int
    name: str = ""
    scope: Scope = EVERYTHING


def create(email: str, days: int, now: datetime, *, by: str, name: str = "", scope: Scope = EVERYTHING) -> str:
    """Make a token for the user with this address, as ``make`` does.

    Args:
        email: the user's.
        days: how long it is valid.
        now: the present instant, with time zone.
        by: who does it, for the audit log.
        name: what it is for.
        scope: what it may do.

    Raises:
        UserError: for an unknown or inactive user, and as ``make`` does.
    """
    user = find(email)
    if not user.active:
        raise UserError(f"{user.email} is not active: activate the user first.")
    return make(user, Wanted(days, name, scope), now, Entry(by, "token_create", "api_token"))


def make(user: User, wanted: Wanted, now: datetime, entry: Entry) -> str:
    """Make a token for ``user`` and return it; it cannot be shown again.

    Args:
        user: whose it is.
        wanted: what it is to be.
        now: the present instant, with time zone.
        entry: the audit record; what was made is filled in, and it is written in the same transaction.

    Raises:
        UserError: for days out of range, a name that cannot be kept, or permissions that the user does not have.
    """
    scope = wanted.scope
    if not 1 <= wanted.days <= MAX_DAYS:
        raise UserError(f"A token is valid for 1 to {MAX_DAYS} days, not for {wanted.days}.")
    if len(wanted.name) > _LONGEST_NAME or not wanted.name.isprintable():
        raise UserError(f"The name of a token is one line of at most {_LONGEST_NAME} characters.")
    if missing := sorted(set(scope.permissions or ()) - user.permissions):
        raise UserError(f"{user.email} does not have {', '.join(missing)}: a token can do no more than its user.")
    token = f"daybook_{secrets.token_urlsafe(32)}"
    kept = ApiToken(
        user_id=user.id,
        token_hash=_hash(token),
        expires_at=now + timedelta(days=wanted.days),
        name=wanted.name,
        writes=scope.writes,
        permissions=None if scope.permissions is None else sorted(set(scope.permissions)),
    )
    db.session.add(kept)
    db.session.flush()
    values = {"user_id": user.id, "expires_at": kept.expires_at.isoformat(), "writes": kept.writes}
    values |= sealed(name=kept.name)
    values |= {"permissions": kept.permissions} if kept.permissions else {}
    _tell(kept, entry)
    record(replace(entry, resource_id=str(kept.id), new_values=values), db.session.connection())
    db.session.commit()
    return token


def tokens_of(user: User) -> list[ApiToken]:
    """Return every token that was made for ``user``, newest first."""
    return list(db.session.scalars(select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id.desc())))


def revoke(number: int, now: datetime, entry: Entry, *, of: User | None = None) -> bool:
    """Revoke a token and record it; return whether there is one to revoke.

    Args:
        number: the token's.
        now: the present instant.
        entry: the audit record, written in the same transaction.
        of: whose it has to be; None for anybody's.
    """
    wanted = update(ApiToken).where(ApiToken.id == number, ApiToken.revoked_at.is_(None))
    if of is not None:
        wanted = wanted.where(ApiToken.user_id == of.id)
    if db.session.execute(wanted.values(revoked_at=now).returning(ApiToken.id)).first() is None:
        db.session.rollback()
        return False
    record(entry, db.session.connection())
    db.session.commit()
    return True


def revoke_all(user: User, now: datetime) -> list[int]:
    """Revoke every token of ``user``, in the transaction under way. Returns the numbers of those that were not."""
    mine = update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    return sorted(db.session.scalars(mine.values(revoked_at=now).returning(ApiToken.id)))


def accepted(token: str) -> ApiToken | None:
    """Return the token with its active user, None if it is unknown, expired or revoked; its use is noted, uncommitted."""
    query = (
        select(ApiToken)
        .where(ApiToken.token_hash == _hash(token), ApiToken.revoked_at.is_(None))
        .where(ApiToken.expires_at > db.func.clock_timestamp())
    )
    found = db.session.scalars(query).one_or_none()
    if found is None or not found.user.active:
        return None
    db.session.execute(_NOTE_USE, {"number": found.id})
    found.user.narrowed_to = None if found.permissions is None else frozenset(found.permissions)
    return found


def _tell(made: ApiToken, entry: Entry) -> None:
    """Leave a mail for whose token it is: who got into the account would make one to stay."""
    facts = {
        "Number": str(made.id),  # its name was typed, and may be a patient's
        "May do": made.scope,
        "Ends": f"{made.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "Made from": entry.ip_address or "the command line of the server",
    }
    lines = "".join(f"{name + ':':<11}{fact}\n" for name, fact in facts.items())
    body = (
        "An API token was just made for your Daybook account: whoever has it does what it may, as you.\n\n"
        f"{lines}\nIf it was not you, revoke it on the page Account, change your password, and tell an administrator at once.\n"
    )
    subject = "An API token was made for your Daybook account"
    mails.post(db.session.connection(), [made.user_id], "token_made", subject, body)


def _hash(token: str) -> bytes:
    return hmac.new(current_app.config["TOKEN_KEY"], token.encode("utf-8", "replace"), hashlib.sha256).digest()
