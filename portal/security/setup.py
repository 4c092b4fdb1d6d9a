"""Wires access into an application: who is asking, the guard, the record, limits and headers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore, UserMixin
from flask_security.signals import password_changed, password_reset
from sqlalchemy.exc import SQLAlchemyError

from portal.models import Role, User, db
from portal.security import forms, guard, headers, limits, mail, second_factor, sessions, trail
from portal.services import audit, tokens
from portal.services.users import address


class Users(SQLAlchemyUserDatastore):
    """Finds users by e-mail address as they are kept: in lower case whatever the database's locale makes of capitals."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:  # noqa: ARG002
        """Return the user with this one attribute, None if there is none."""
        if "email" in kwargs:
            kwargs["email"] = address(kwargs["email"])
        return super().find_user(**kwargs)

    def commit(self) -> None:
        """Leave what a form of Flask-Security changed to be committed with its record, when the answer is there."""
        trail.commit_with_record()


def init_app(app: Flask) -> None:
    """Give ``app`` its database of users, login, guard, audit trail, rate limits and security headers."""
    db.init_app(app)
    app.teardown_appcontext(_give_back)  # before the teardown of db: the last comes first
    audit.init_app(app)
    headers.init_app(app)  # after_request functions run last to first: headers also go on what the trail refuses
    trail.init_app(app)
    limits.init_app(app)
    sessions.init_app(app)
    guard.init_app(app)
    second_factor.init_app(app)
    security = Security(
        app,
        Users(db, User, Role),
        login_form=forms.SignInForm,
        verify_form=forms.ConfirmForm,
        change_password_form=forms.NewPasswordForm,
        two_factor_verify_code_form=forms.CodeForm,
        two_factor_rescue_form=forms.NoRescueForm,
        mf_recovery_form=forms.RecoveryForm,
        forgot_password_form=forms.ForgottenForm,
        mail_util_cls=mail.Outbox,
        password_util_cls=mail.Passwords,
        totp_cls=second_factor.Authenticator,
        mf_recovery_codes_util_cls=second_factor.RecoveryCodes,
    )
    # Sessions and the tokens of portal.services.tokens are the only ways in: Flask-Security's own tokens are neither
    # accepted (header Authentication-Token, parameter auth_token) nor given out (its answers in JSON).
    app.login_manager.request_loader(lambda _: None)  # type: ignore[attr-defined]
    security.want_json(lambda _: False)
    for changed in (password_reset, password_changed):
        changed.connect(_after_change, app, weak=False)


def _after_change(_: Flask, user: User, **_more: Any) -> None:
    # Whoever made a token with a stolen password keeps nothing of it. Committed with the new password and its record.
    trail.add_details(tokens_revoked=tokens.revoke_all(user, sessions.now()))


def _give_back(_: BaseException | None) -> None:
    with suppress(SQLAlchemyError):  # a connection that died after the last question takes no answer along
        db.session.remove()
