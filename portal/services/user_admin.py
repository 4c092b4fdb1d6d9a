"""Administering users: inviting them, changing what they may, letting them go. Each change is one transaction with its record.

Nobody grants what they do not have (to use or to give: ``portal.permissions``), nobody reaches beyond their own hospitals, and
no hospital is left without an administrator.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import current_app
from flask_security.recoverable import send_reset_password_instructions
from sqlalchemy import func, select

from portal.models import Role, User, UserHospital, UserProvider, db
from portal.permissions import ALL_HOSPITALS_ROLE, ROLE_PERMISSIONS, grantable_roles, permissions_of
from portal.services import export_plans, tokens, users
from portal.services.audit import Entry, record
from portal.services.conflicts import ConflictError
from portal.services.users import UserError

ADMINISTERS = "users:manage"
_LOCK = 4_711_017  # changes of users wait for each other: two must not remove the last two administrators


@dataclass(frozen=True)
class Administrator:
    """Who administers: their id, hospitals, and permissions. ``everything`` is a super_admin."""

    user_id: str
    hospitals: Sequence[str]
    permissions: frozenset[str]
    everything: bool


@dataclass(frozen=True)
class Rights:
    """What a user is to have."""

    roles: Sequence[str]
    hospitals: Sequence[str]
    providers: Sequence[str] = ()


def reachable(admin: Administrator) -> list[User]:
    """Return the users that share a hospital with ``admin`` (all, for a super_admin), by address."""
    return [user for user in db.session.scalars(select(User).order_by(User.email)) if _in_reach(admin, user)]


def find(admin: Administrator, user_id: int) -> User | None:
    """Return one of the users that ``reachable`` lists, None if there is none of this number."""
    user = db.session.get(User, user_id)
    return user if user is not None and _in_reach(admin, user) else None


def may_change(admin: Administrator, user: User) -> bool:
    """Return whether ``admin`` may change ``user``: one of theirs alone, with nothing that they do not have."""
    if admin.everything:
        return True
    within = bool(user.hospital_ids) and set(user.hospital_ids) <= set(admin.hospitals)
    return within and set(grantable(admin)).issuperset(user.role_names)


def grantable(admin: Administrator, user: User | None = None) -> list[str]:
    """Return the roles that ``admin`` may give to ``user``, or to somebody new."""
    if admin.everything:
        return list(ROLE_PERMISSIONS)
    to_oneself = user is not None and str(user.id) == admin.user_id
    return list(grantable_roles(admin.permissions, to_oneself=to_oneself))


def invite(admin: Administrator, email: str, rights: Rights, entry: Entry) -> User:
    """Make a user without a usable password, and mail the link by which one is set.

    Raises:
        UserError: if something is not usable or not the administrator's to give.
    """
    _check_grant(admin, rights)
    if not current_app.config["SITE_URL"]:
        raise UserError(
            "An invitation holds a link: set DAYBOOK_SITE_URL, or make the user with 'flask --app portal users create'."
        )
    # Nobody knows it: the invited person sets one by the link.
    user = users.add(email, secrets.token_urlsafe(48), rights.roles, rights.hospitals, rights.providers)
    send_reset_password_instructions(user)  # type: ignore[no-untyped-call]
    users.record_made(user, entry)
    db.session.commit()
    return user


def change(admin: Administrator, user_id: int, rights: Rights, entry: Entry) -> None:
    """Give a user these rights instead of the former.

    Raises:
        UserError: if there is no such user in reach, or something is not the administrator's to give or take.
        ConflictError: if a hospital would be left without an administrator.
    """
    with db.session.begin_nested():
        user = _locked(admin, user_id)
        _check_grant(admin, rights, user)
        before = _rights(user)
        _check_left(user, before, rights.hospitals if _administers(rights.roles) else ())
        if ALL_HOSPITALS_ROLE in before["roles"] and ALL_HOSPITALS_ROLE not in rights.roles:
            _check_super_left(user)
        user.roles = list(db.session.scalars(select(Role).where(Role.name.in_(rights.roles))))
        user.hospitals = [UserHospital(hospital_id=name) for name in dict.fromkeys(rights.hospitals)]
        user.providers = [
            UserProvider(hospital_id=hospital, provider_id=provider)
            for hospital in dict.fromkeys(rights.hospitals)
            for provider in dict.fromkeys(rights.providers)
        ]
        db.session.flush()
        _record(entry, user, before, _rights(user))
    db.session.commit()


def switch(admin: Administrator, user_id: int, active: bool, now: datetime, entry: Entry) -> None:
    """Let a user in again, or no longer: all sessions and schedules of exports end and every token is revoked.

    Raises:
        UserError: if there is no such user in reach, or it is the administrator's own account.
        ConflictError: if a hospital would be left without an administrator.
    """
    with db.session.begin_nested():
        user = _locked(admin, user_id)
        if str(user.id) == admin.user_id:
            raise UserError("This is your own account: somebody else has to switch it off.")
        if not active:
            _check_left(user, _rights(user), ())
            if ALL_HOSPITALS_ROLE in user.role_names:
                _check_super_left(user)
            user.fs_uniquifier = secrets.token_hex(32)
            tokens.revoke_all(user, now)
        ended = [] if active else export_plans.end_all(db.session.connection(), user.id, now)
        before, after = {"active": user.active}, {"active": active}
        user.active = active
        db.session.flush()
        _record(entry, user, before, after | ({"ended_schedules": ended} if ended else {}))
    db.session.commit()


def _locked(admin: Administrator, user_id: int) -> User:
    db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None or not _in_reach(admin, user):
        raise UserError("There is no such user at your hospitals.")
    if not may_change(admin, user):
        raise UserError(f"{user.email} has more than you may give: somebody with these rights has to change it.")
    return user


def _in_reach(admin: Administrator, user: User) -> bool:
    return admin.everything or not set(user.hospital_ids).isdisjoint(admin.hospitals)


def _check_grant(admin: Administrator, rights: Rights, user: User | None = None) -> None:
    users.check(rights.roles, rights.hospitals, rights.providers)
    if admin.everything:
        return
    beyond = [role for role in rights.roles if role not in grantable(admin, user)]
    if beyond:
        raise UserError(f"You cannot give the role {beyond[0]}: it has what you do not have.")
    if user is not None and str(user.id) == admin.user_id:
        more = sorted(set(rights.providers) - {row.provider_id for row in user.providers})
        if more:
            raise UserError(f"You cannot link yourself to provider {more[0]}: somebody else has to.")
    foreign = [name for name in rights.hospitals if name not in admin.hospitals]
    if foreign:
        raise UserError(f"There is no hospital {foreign[0]} among yours.")


def _check_left(user: User, before: dict[str, list[str]], kept: Iterable[str]) -> None:
    """Check that every hospital that ``user`` administers and will not any more has another administrator."""
    if not user.active or not _administers(before["roles"]):
        return
    others = [
        other
        for other in db.session.scalars(select(User).where(User.active, User.id != user.id))
        if _administers(other.role_names)
    ]
    for hospital in sorted(set(before["hospitals"]) - set(kept)):
        if not any(hospital in other.hospital_ids for other in others):
            raise ConflictError(f"{user.email} is the last administrator of {hospital}: make another one first.")


def _check_super_left(user: User) -> None:
    others = db.session.scalars(select(User).where(User.active, User.id != user.id))
    if user.active and not any(ALL_HOSPITALS_ROLE in other.role_names for other in others):
        raise ConflictError(f"{user.email} is the last {ALL_HOSPITALS_ROLE}: make another one first.")


def _administers(roles: Iterable[str]) -> bool:
    return ADMINISTERS in permissions_of(list(roles))


def _rights(user: User) -> dict[str, list[str]]:
    providers = sorted({row.provider_id for row in user.providers})
    return {"roles": sorted(user.role_names), "hospitals": list(user.hospital_ids), "providers": providers}


def _record(entry: Entry, user: User, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    full = replace(
        entry, resource_id=str(user.id), hospital_ids=user.hospital_ids, old_values=dict(before), new_values=dict(after)
    )
    record(full, db.session.connection())
