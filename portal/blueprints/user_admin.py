"""Users of one's hospitals, for administrators: invite, change, switch off and on."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal import builds
from portal.models import User
from portal.permissions import ROLE_PERMISSIONS
from portal.security import audit_entry, own_hospitals, recorded, requires, sessions
from portal.services import user_admin
from portal.services.conflicts import ConflictError
from portal.services.user_admin import Administrator, Rights
from portal.services.users import UserError

blueprint = Blueprint("user_admin", __name__, url_prefix="/admin/users")
_LONGEST = 200


@blueprint.get("")
@requires("users:manage")
def index() -> str:
    """List the users that share a hospital with the administrator."""
    admin = _admin()
    found = user_admin.reachable(admin)
    return render_template(
        "admin/users.html", users=[(user, user_admin.may_change(admin, user)) for user in found], own=admin.user_id
    )


@blueprint.get("/new")
@requires("users:manage")
def new() -> str:
    """Show the form by which somebody is invited."""
    return _form(None, "", Rights((), ()))


@blueprint.post("/new")
@requires("users:manage", fresh=True)
def invite() -> ResponseReturnValue:
    """Invite somebody: they set their password by a link in a mail."""
    rights, email = _rights(), request.form.get("email", "")[:_LONGEST].strip()
    try:
        user = user_admin.invite(_admin(), email, rights, audit_entry("user_create", "user", details={"invited": True}))
    except UserError as error:
        return _form(None, email, rights, str(error)), 400
    recorded()
    flash(
        f"{user.email} is invited by mail. Its link lasts an hour; another one comes from the page of the sign-in.",
        "success",
    )
    return redirect(url_for("user_admin.index"))


@blueprint.get("/<int:user_id>")
@requires("users:manage")
def show(user_id: int) -> str:
    """Show what a user has."""
    user = _user(user_id)
    providers = sorted({row.provider_id for row in user.providers})
    return _form(user, user.email, Rights(user.role_names, user.hospital_ids, providers))


@blueprint.post("/<int:user_id>")
@requires("users:manage", fresh=True)
def change(user_id: int) -> ResponseReturnValue:
    """Give a user other rights."""
    user, rights = _user(user_id), _rights()
    try:
        user_admin.change(_admin(), user_id, rights, audit_entry("user_change", "user"))
    except (UserError, ConflictError) as error:
        return _form(user, user.email, rights, str(error)), 409 if isinstance(error, ConflictError) else 400
    recorded()
    flash(f"{user.email} is changed.", "success")
    return redirect(url_for("user_admin.index"))


@blueprint.post("/<int:user_id>/<int:active>")
@requires("users:manage", fresh=True)
def switch(user_id: int, active: int) -> ResponseReturnValue:
    """Let a user in no longer, or again."""
    user = _user(user_id)
    try:
        user_admin.switch(_admin(), user_id, bool(active), sessions.now(), audit_entry("user_switch", "user"))
    except (UserError, ConflictError) as error:
        flash(str(error), "warning")
        return redirect(url_for("user_admin.index"))
    recorded()
    flash(
        f"{user.email} {'may sign in again' if active else 'is signed out everywhere and may not sign in'}.", "success"
    )
    return redirect(url_for("user_admin.index"))


def _admin() -> Administrator:
    return Administrator(
        current_user.get_id_text(), own_hospitals(), current_user.permissions, current_user.sees_all_hospitals
    )


def _user(user_id: int) -> User:
    found = user_admin.find(_admin(), user_id)
    if found is None:
        abort(404, "There is no such user at your hospitals.")
    return found


def _rights() -> Rights:
    providers = request.form.get("providers", "")[: 10 * _LONGEST].replace(",", " ").split()
    return Rights(request.form.getlist("role"), request.form.getlist("hospital"), providers)


def _form(user: User | None, email: str, rights: Rights, problem: str = "") -> str:
    admin = _admin()
    build = builds.find_live_build()
    known = sorted(set(own_hospitals()) | set(build.business_dates if build and admin.everything else ()))
    return render_template(
        "admin/user.html", user=user, email=email, rights=rights, problem=problem, hospitals=known,
        roles=list(ROLE_PERMISSIONS), grantable=user_admin.grantable(admin, user),
        may_change=user is None or user_admin.may_change(admin, user), own=admin.user_id,
    )  # fmt: skip
