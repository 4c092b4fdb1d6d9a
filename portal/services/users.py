"""Users: creating and finding them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import email_validator
from flask import current_app
from flask_security import Security, hash_password
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.models import Role, User, UserHospital, UserProvider, db
from portal.permissions import ALL_HOSPITALS_ROLE, ROLE_PERMISSIONS
from portal.services.audit import Entry, record

MIN_PASSWORD = 12
# An address only identifies a person here, and many a clinic's own network ends in .local.
if "local" in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")
_LIVE_HOSPITALS = text("""
  select hospital_id from ops.business_dates join ops.builds using (build_id) where state = 'live' order by hospital_id
""")
_PROVIDER_ROLES = ("provider", "practice_manager")


class UserError(Exception):
    """A user cannot be made or found; the message says why and what to do."""


def find(email: str) -> User:
    """Return the user with this e-mail address.

    Raises:
        UserError: if there is none.
    """
    user = db.session.scalars(select(User).where(User.email == address(email))).one_or_none()
    if user is None:
        raise UserError(f"There is no user {email}: create one with 'users create'.")
    return user


def create(
    email: str,
    password: str,
    roles: Sequence[str],
    hospitals: Sequence[str] = (),
    providers: Sequence[str] = (),
    *,
    by: str,
) -> User:
    """Make a user as ``add`` does, record it with who does it, and commit both."""
    user = add(email, password, roles, hospitals, providers)
    record_made(user, Entry(by, "user_create", "user"))
    db.session.commit()
    return user


def add(
    email: str, password: str, roles: Sequence[str], hospitals: Sequence[str] = (), providers: Sequence[str] = ()
) -> User:
    """Make a user that can sign in at once, in the transaction under way.

    Args:
        email: its address, any case.
        password: as ``portal.services.passwords`` demands, at least 12 characters.
        roles: names of ``portal.permissions.ROLE_PERMISSIONS``.
        hospitals: ids; needed for every role but super_admin.
        providers: ids, each at every one of the hospitals; needed for provider and practice_manager.

    Raises:
        UserError: if one of them is not usable, or the address is taken.
    """
    kept = address(email)
    if kept is None:
        raise UserError(f"{email!r} is no e-mail address: write name@domain.")
    check(roles, hospitals, providers)
    _check_known(hospitals)
    found = list(db.session.scalars(select(Role).where(Role.name.in_(roles))))
    user = User(
        email=kept,
        password=hash_password(_normalized(password, kept)),
        roles=found,
        active=True,
        fs_uniquifier=secrets.token_hex(32),
    )
    user.hospitals = [UserHospital(hospital_id=name) for name in dict.fromkeys(hospitals)]
    user.providers = [
        UserProvider(hospital_id=hospital, provider_id=name)
        for hospital in dict.fromkeys(hospitals)
        for name in dict.fromkeys(providers)
    ]
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise UserError(f"There is already a user {kept}.") from None
    return user


def record_made(user: User, entry: Entry) -> None:
    """Record that ``user`` was made, as the last statement of the transaction; who and what are filled in."""
    values = {
        "email": user.email,
        "roles": user.role_names,
        "hospitals": list(user.hospital_ids),
        "providers": sorted({row.provider_id for row in user.providers}),
    }
    full = replace(entry, resource_id=str(user.id), hospital_ids=user.hospital_ids, new_values=values)
    record(full, db.session.connection())


def address(email: str) -> str | None:
    """Return an e-mail address as users are kept and found: normalized, in lower case. None if it is none."""
    try:
        return str(_security().mail_util.normalize(email.strip())).lower()
    except ValueError:
        return None


def _normalized(password: str, email: str) -> str:
    # As the login form does it: an é typed on another keyboard is the same é.
    problems, normalized = _security().password_util.validate(password, True, email=email)
    if problems:
        raise UserError(f"The password cannot be used: {' '.join(problems)}")
    return str(normalized)


def _security() -> Security:
    return current_app.extensions["security"]


def check(roles: Sequence[str], hospitals: Sequence[str], providers: Sequence[str]) -> None:
    """Check what a user is to have.

    Raises:
        UserError: for an unknown role, and for what a role needs and is not there.
    """
    unknown = [name for name in roles if name not in ROLE_PERMISSIONS]
    if unknown or not roles:
        raise UserError(f"No role called {', '.join(unknown) or '(none)'}: use one of {', '.join(ROLE_PERMISSIONS)}.")
    if not hospitals and ALL_HOSPITALS_ROLE not in roles:
        raise UserError(f"A user with role {', '.join(roles)} needs at least one hospital: give --hospital.")
    bad = [name for name in hospitals if not name.strip() or "," in name]
    if bad:
        raise UserError(f"{bad[0]!r} is no hospital id: it must not be empty or contain a comma.")
    if not providers and any(role in _PROVIDER_ROLES for role in roles):
        raise UserError(f"A user with role {', '.join(roles)} needs at least one provider: give --provider.")


def _check_known(hospitals: Sequence[str]) -> None:
    # Before anything is published, hospitals are not known yet: users may be made first.
    known = list(db.session.scalars(_LIVE_HOSPITALS))
    unknown = [name for name in hospitals if known and name not in known]
    if unknown:
        raise UserError(f"No hospital called {unknown[0]}: the live build has {', '.join(known)}.")
