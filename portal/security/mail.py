"""Passwords and mails as Flask-Security asks for them: our own rules, and our own outbox."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_security import MailUtil, PasswordUtil

from portal.models import db
from portal.services import mails, passwords

_KINDS = {
    "security/email/reset_instructions": "password_reset",
    "security/email/reset_notice": "password_was_reset",
    "security/email/change_notice": "password_changed",
}


class Passwords(PasswordUtil):
    """Length, and what must not be used."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Return what is wrong with a password, None if nothing is, and the password normalized.

        Args:
            password: as typed.
            is_register: whether the account is being made.
            kwargs: ``user`` or ``email``, whose it is to be.
        """
        problems, normalized = super().validate(password, is_register, **kwargs)
        user = kwargs.get("user")
        wrong = passwords.problem(normalized, user.email if user else kwargs.get("email"))
        return problems or ([wrong] if wrong else None), normalized


class Outbox(MailUtil):
    """Leaves mails for the worker, in the transaction under way."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],  # noqa: ARG002 - the worker sends to the address that the user has by then
        sender: str | tuple[str, str],  # noqa: ARG002
        body: str | None,
        html: str | None,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        """Leave a mail for the user that it is about.

        A link is made with the portal's address from the settings: the request's own could be anybody's.
        """
        kind = _KINDS[template]
        if kind == "password_reset" and not current_app.config["SITE_URL"]:
            return
        mails.post(db.session.connection(), [kwargs["user"].id], kind, subject, body or "")
