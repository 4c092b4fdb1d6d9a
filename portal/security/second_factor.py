"""The second factor: codes of an authenticator app, whose secret is kept encrypted, and recovery codes, kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Flask, current_app
from flask_security import MfRecoveryCodesUtil, Totp
from flask_security.signals import tf_disabled, tf_profile_changed
from passlib.exc import TokenError
from passlib.totp import TOTP, AppWallet
from sqlalchemy import select, text

from portal.models import User, db
from portal.security import sessions
from portal.services import mails, sign_out
from portal.services.audit import Entry, record
from portal.services.users import UserError

_TAKE_COUNTER = text("""
  update portal.users set tf_last_counter = :counter where id = :user and coalesce(tf_last_counter, -1) < :counter returning id
""")
_TAKE_CODE = text("""
  update portal.users set mf_recovery_codes = array_remove(mf_recovery_codes, :code)
  where id = :user and :code = any (mf_recovery_codes) returning id
""")


def wallet_secrets(phi_keys: tuple[str, ...]) -> dict[str, str]:
    """Return the secrets that encrypt those of authenticator apps, newest first, each under a name of its own.

    They are derived from the keyring of identity fields: one ring to keep and to rotate, and neither opens the other.
    """
    return {hashlib.sha256(key.encode()).hexdigest()[:16]: _derived(key) for key in phi_keys}


class Authenticator(Totp):
    """Codes of an app. Each is taken once, in whatever web process it arrives."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        self._wallet = AppWallet(secrets, default_tag=next(iter(secrets)))
        self._totp = TOTP.using(issuer=issuer, wallet=self._wallet)

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Return whether this is the code of now, or of ``window`` seconds around, and take it if it is.

        Checking and taking are one: of two requests with the same code one gets it.
        """
        try:
            match = self._totp.verify(
                token, totp_secret, time=sessions.now(), window=window, last_counter=user.tf_last_counter
            )
        except TokenError:
            return False
        values = {"counter": match.counter, "user": user.id}
        if db.session.execute(_TAKE_COUNTER, values).first() is None:
            return False
        db.session.refresh(user, ["tf_last_counter"])
        return True

    def renewed(self, secret: str) -> str:
        """Return the secret of an app encrypted with the newest key."""
        return str(self._totp.from_source(secret).to_json(encrypt=True))


class RecoveryCodes(MfRecoveryCodesUtil):
    """Codes for the day the app is lost: shown when they are made, kept as keyed hashes, each taken once."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._key: bytes = app.config["TOKEN_KEY"]

    def create_recovery_codes(self, user: Any) -> list[str]:
        """Make new codes in place of all before, and return them; they cannot be shown again."""
        security = current_app.extensions["security"]
        codes: list[str] = security.totp_factory.generate_recovery_codes(
            current_app.config["SECURITY_MULTI_FACTOR_RECOVERY_CODES_N"]
        )
        security.datastore.mf_set_recovery_codes(user, [self._hash(code) for code in codes])
        return codes

    def get_recovery_codes(self, user: Any) -> list[str]:  # noqa: ARG002
        """Return nothing: what is kept is no code."""
        return []

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Take a code and return whether it was one. Checking and taking are one: of two requests one gets it."""
        values = {"code": self._hash(code), "user": user.id}
        return db.session.execute(_TAKE_CODE, values).first() is not None

    def delete_recovery_code(self, user: Any, code: str) -> bool:  # noqa: ARG002
        """Return True: checking took it."""
        return True

    def _hash(self, code: str) -> str:
        plain = "".join(character for character in code.lower() if character.isalnum())
        return hmac.new(self._key, b"recovery|" + plain.encode(), hashlib.sha256).hexdigest()


def rotate(entry: Entry) -> int:
    """Encrypt the secret of every app with the newest key and record it; return how many there are.

    Raises:
        UserError: if a key is missing that one was encrypted with; nothing is changed then.
    """
    totp: Authenticator = current_app.extensions["security"].totp_factory
    users = list(db.session.scalars(select(User).where(User.tf_totp_secret.is_not(None)).order_by(User.id)))
    for user in users:
        try:
            user.tf_totp_secret = totp.renewed(user.tf_totp_secret or "")
        except (KeyError, TokenError, ValueError) as error:
            db.session.rollback()
            raise UserError(
                f"No key in DAYBOOK_PHI_KEYS opens the second factor of user {user.id}: add the key it was written with."
            ) from error
    db.session.flush()
    record(entry, db.session.connection())
    db.session.commit()
    return len(users)


def init_app(app: Flask) -> None:
    """Tell whoever has an account of ``app`` by mail when its second factor changes."""
    tf_profile_changed.connect(_tell_changed, app)
    tf_disabled.connect(_tell_off, app)


def reset(user: User, entry: Entry) -> None:
    """Take the second factor from ``user`` and end the sessions, recorded with ``entry``; roles that need one set it up anew."""
    user.tf_primary_method = user.tf_totp_secret = user.tf_last_counter = None
    user.mf_recovery_codes = []
    _tell(user, "taken away by an administrator")
    sign_out.everywhere(user, entry, None)


def _tell_changed(_: Flask, user: User, **__: Any) -> None:
    _tell(user, "set up or changed")


def _tell_off(_: Flask, user: User, **__: Any) -> None:
    _tell(user, "switched off")


def _tell(user: User, what: str) -> None:
    """Leave a mail in the transaction of the change: who stole the password would do this next."""
    body = f"The second factor of your Daybook account was just {what}.\n\nIf it was not expected, tell an administrator at once."
    mails.post(
        db.session.connection(),
        [user.id],
        "second_factor_changed",
        "The second factor of your Daybook account changed",
        body,
    )


def _derived(key: str) -> str:
    return hmac.new(key.encode(), b"second factor", hashlib.sha256).hexdigest()
