"""The forms in which somebody proves who it is: every wrong try counts, and too many in a row are put off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import current_app, request
from flask_security import MfRecoveryForm, current_user
from flask_security.forms import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    TwoFactorRescueForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.utils import get_message, hash_data, hash_password, verify_password

from portal.models import db
from portal.security import sessions
from portal.security.trail import audit_entry, commit_with_record
from portal.services import audit, lockout
from portal.services.lockout import Subject
from portal.services.users import address


class SignInForm(LoginForm):
    """The login. During a lockout the same work is done, and the same is said, as for a wrong password."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the person may come in."""
        self.remember.data = False  # its cookie would outlive the session
        if not (self.email.data and self.password.data):
            return bool(super().validate(**kwargs))
        typed = address(self.email.data) or self.email.data
        subjects = lockout.subjects_of(typed, request.remote_addr or "")
        let_in = proved(subjects, lambda: super(SignInForm, self).validate(**kwargs), lambda: _id(self.user))
        if not let_in:  # one message in one place: beside which field it stood would tell whether there is an account
            self.email.errors, self.password.errors = [], []
            self.form_errors = [get_message("GENERIC_AUTHN_FAILED")[0]]
        return let_in


class ConfirmForm(VerifyForm):
    """The password once more, of somebody signed in."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether it is the person."""
        if not self.password.data:
            return bool(super().validate(**kwargs))
        right = proved(_confirmation(), lambda: super(ConfirmForm, self).validate(**kwargs), lambda: _id(self.user))
        if right:
            sessions.prove()
        elif not self.password.errors:
            self.password.errors = [get_message("INVALID_PASSWORD")[0]]
        return right


class NewPasswordForm(ChangePasswordForm):
    """Another password, with the one before."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the password may be changed."""
        if self.password.data and not is_own_password(self.password.data):
            self.password.errors = [get_message("INVALID_PASSWORD")[0]]
            return False
        return bool(super().validate(**kwargs))


class CodeForm(TwoFactorVerifyCodeForm):
    """A code of the authenticator app."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether it is the code of now, taken for the first time."""
        check = lambda: super(CodeForm, self).validate(**kwargs)  # noqa: E731
        right = proved(_code(self.user), check, lambda: _id(self.user), in_any_case=False)
        if right:
            sessions.prove_second_factor(self.user)
        elif not self.code.errors:
            self.code.errors = [get_message("TWO_FACTOR_INVALID_TOKEN")[0]]
        return right


class RecoveryForm(MfRecoveryForm):
    """A recovery code."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether it is one; it is then used up."""
        check = lambda: super(RecoveryForm, self).validate(**kwargs)  # noqa: E731
        right = proved(_code(self.user), check, lambda: _id(self.user), in_any_case=False)
        if right:
            sessions.prove_second_factor(self.user)
        elif not self.code.errors:
            self.code.errors = [get_message("INVALID_RECOVERY_CODE")[0]]
        return right


class ForgottenForm(ForgotPasswordForm):
    """Where the link for a new password goes. Whether there is such an account shows neither in the answer nor in its time."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether a mail is to be sent: the account is there, and was not sent several just now."""
        typed = address(self.email.data or "") or (self.email.data or "").replace("\0", "")  # which no hash takes
        attempt = lockout.begin([Subject("reset", typed)], sessions.now())
        if bool(super().validate(**kwargs)) and attempt.allowed:
            commit_with_record()  # of the mail
            hash_password(typed)  # as the view does for all others
            return True
        hash_data(typed)  # as making a link does
        return False


class NoRescueForm(TwoFactorRescueForm):
    """Asks for nothing: no code goes by mail, which a thief of the password may read too."""

    def validate(self, **kwargs: Any) -> bool:  # noqa: ARG002
        """Return False."""
        return False


def is_own_password(typed: str) -> bool:
    """Return whether this is the password of who is signed in; a wrong one counts."""
    normalized = current_app.extensions["security"].password_util.normalize(typed)
    return proved(_confirmation(), lambda: verify_password(normalized, current_user.password), current_user.get_id_text)


def proved(
    subjects: Sequence[Subject],
    check: Callable[[], bool],
    who: Callable[[], str | None],
    *,
    in_any_case: bool = True,
) -> bool:
    """Return whether ``check`` succeeds for subjects that are not locked.

    Args:
        subjects: whom a failure counts against.
        check: the proof.
        who: the user's number for the record of a lockout, None if it is nobody's; asked after the check.
        in_any_case: whether it runs for who is locked too, so that all take as long; not where running uses something up, which
            is then committed with the record of the access.
    """
    attempt = lockout.begin(subjects, sessions.now())
    right = bool((in_any_case or attempt.allowed) and check())
    if right and attempt.allowed:
        lockout.succeeded(subjects)
        if in_any_case:
            db.session.commit()
        else:
            commit_with_record()
        return True
    if attempt.pause:
        details = {"kinds": [one.kind for one in subjects], "minutes": int(attempt.pause.total_seconds() // 60)}
        audit.record(audit_entry("lockout", "user", resource_id=who(), outcome="denied", details=details))
    return False


def _confirmation() -> tuple[Subject, ...]:
    return (Subject("confirmation", current_user.get_id_text()),)


def _code(user: Any) -> tuple[Subject, ...]:
    return (Subject("code", _id(user) or ""),)


def _id(user: Any) -> str | None:
    return user.get_id_text() if user else None
