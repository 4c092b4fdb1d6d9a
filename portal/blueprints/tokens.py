"""API tokens that people make for programs of theirs."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_security import current_user

from portal.permissions import PERMISSIONS
from portal.security import audit_entry, freshly_signed_in, recorded, sessions, signed_in
from portal.services import tokens
from portal.services.tokens import MAX_DAYS, Scope, Wanted
from portal.services.users import UserError

blueprint = Blueprint("tokens", __name__, url_prefix="/account/tokens")
_USUAL = Wanted(90, scope=Scope(writes=False))


@blueprint.get("/new")
@signed_in
def new() -> str:
    """Show the form."""
    return _form(_USUAL)


@blueprint.post("/new")
@freshly_signed_in
def make() -> ResponseReturnValue:
    """Make a token and show it, once: it is kept as a hash alone."""
    wanted = _wanted()
    try:
        if not wanted.name:
            raise UserError("Say what the token is for: its name tells it from others when one is to be revoked.")
        token = tokens.make(current_user, wanted, sessions.now(), audit_entry("token_create", "api_token"))
    except UserError as error:
        return _form(wanted, str(error)), 400
    recorded()
    return render_template("account/token_made.html", token=token, made=tokens.tokens_of(current_user)[0])


def _wanted() -> Wanted:
    days, chosen = request.form.get("days", ""), request.form.getlist("permission")
    return Wanted(
        days=int(days) if days.isascii() and days.isdigit() and len(days) <= 5 else 0,
        name=request.form.get("name", "").strip(),
        scope=Scope("writes" in request.form, tuple(chosen) or None),
    )


def _form(wanted: Wanted, problem: str = "") -> str:
    offered = [(name, label) for name, label in PERMISSIONS.items() if name in current_user.permissions]
    return render_template("account/token.html", wanted=wanted, offered=offered, most_days=MAX_DAYS, problem=problem)
