"""The account of whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from portal.security import audit_entry, recorded, sessions, signed_in
from portal.services import sign_out, tokens

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@signed_in
def show() -> str:
    """Show the account: who it is, and what can be done about its security."""
    mine = tokens.tokens_of(current_user)
    return render_template("account/show.html", tokens=mine, now=sessions.now())


@blueprint.post("/tokens/<int:number>/revoke")
@signed_in
def revoke_token(number: int) -> Response:
    """Revoke one of the account's API tokens."""
    entry = audit_entry("token_revoke", "api_token", resource_id=str(number))
    if not tokens.revoke(number, sessions.now(), entry, of=current_user):
        abort(404)
    recorded()
    flash("The token is revoked.", "success")
    return redirect(url_for("account.show"))


@blueprint.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> Response:
    """End every session of the account, this one too; its API tokens only if that was asked for."""
    tokens_too = "tokens" in request.form
    who = current_user.get_id_text()
    entry = audit_entry("sign_out_everywhere", "user", resource_id=who, details={"tokens_revoked": tokens_too})
    sign_out.everywhere(current_user._get_current_object(), entry, sessions.now() if tokens_too else None)
    recorded()
    sessions.leave()
    also = " Your API tokens are revoked." if tokens_too else ""
    flash(f"You are signed out on every device.{also}", "success")
    return redirect(url_for("security.login"))
