"""The portal's settings, from the environment and the installation's secrets."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from portal.permissions import ROLE_PERMISSIONS
from portal.security.second_factor import wallet_secrets
from portal.services.users import MIN_PASSWORD
from warehouse.engine import url_for
from warehouse.settings import SettingsError, is_production, load_secrets

# Said after every failure, locked or not: nobody learns from it whether an account is there.
_PUT_OFF = "After several failures in a row, tries are refused for some minutes, right ones too."


def load(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the Flask configuration; ``overrides`` win.

    Raises:
        SettingsError: in production, when a secret is missing; for an unusable setting.
    """
    keys = load_secrets()
    # Three pools (users, figures, audit records), so that no request waits for a second connection of a pool it drains.
    size = _whole("DAYBOOK_POOL_SIZE", 8)
    # What is searched for is a parameter: it must not stand in the log of a query that failed.
    pool = {"pool_pre_ping": True, "pool_size": size, "max_overflow": 2, "pool_timeout": 10, "hide_parameters": True}
    values: dict[str, Any] = {
        "SECRET_KEY": keys.secret_key,
        "AUDIT_KEY": keys.audit_key.encode(),
        "TOKEN_KEY": keys.secret_key.encode(),
        "SQLALCHEMY_DATABASE_URI": url_for("portal"),
        "SQLALCHEMY_ENGINE_OPTIONS": pool,
        "STALE_AFTER_HOURS": _whole("DAYBOOK_STALE_AFTER_HOURS", 24),
        "TRUSTED_PROXIES": _proxies(),
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "SMALL_BALANCE_LIMITS": {"*": Decimal("25.00")} | _amounts("DAYBOOK_SMALL_BALANCE_LIMITS"),
        "APPROVER_LIMITS": _amounts("DAYBOOK_APPROVER_LIMITS"),
        "SITE_URL": _site(),
        **_lockout(),
        **_session(),
        **_security(keys.password_salt),
        **_two_factor(keys.phi_keys),
        **_limits(),
    }
    return values | (overrides or {})


def _lockout() -> dict[str, Any]:
    return {
        "LOCKOUT_FAILURES": _whole("DAYBOOK_LOCKOUT_FAILURES", 5, at_least=1),
        # A clinic comes from one address: the slips of all its people add up.
        "LOCKOUT_ADDRESS_FAILURES": _whole("DAYBOOK_LOCKOUT_ADDRESS_FAILURES", 20, at_least=1),
        "LOCKOUT_LONGEST": timedelta(minutes=_whole("DAYBOOK_LOCKOUT_MINUTES", 15, at_least=1)),
    }


def _session() -> dict[str, Any]:
    longest = timedelta(hours=_whole("DAYBOOK_SESSION_HOURS", 12, at_least=1))
    return {
        "CLOCK": lambda: datetime.now(UTC),
        # A browser takes a cookie of this prefix only from this very host, encrypted, for all of it.
        "SESSION_COOKIE_NAME": "__Host-daybook_session" if is_production() else "daybook_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_production(),
        "SESSION_REFRESH_EACH_REQUEST": False,  # polling must not keep a session alive: see portal.security.sessions
        "SESSION_IDLE": timedelta(minutes=_whole("DAYBOOK_SESSION_MINUTES", 15, at_least=1)),
        "SESSION_LONGEST": longest,
        "FRESH_FOR": timedelta(minutes=_whole("DAYBOOK_FRESH_MINUTES", 30, at_least=1)),
        "PERMANENT_SESSION_LIFETIME": longest,  # of the cookie; portal.security.sessions decides by the two above
        "PREFERRED_URL_SCHEME": "https" if is_production() else "http",
        "WTF_CSRF_CHECK_DEFAULT": False,  # the guard checks, after authentication, and spares bearer tokens
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
    }


def _security(password_salt: str) -> dict[str, Any]:
    return {
        "SECURITY_PASSWORD_SALT": password_salt,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_LENGTH_MIN": MIN_PASSWORD,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": True,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_REGISTERABLE": False,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_TRACKABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_RESET_URL": "/new-password",
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=1),
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": "A new password for Daybook",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": "Your Daybook password was replaced",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your Daybook password was changed",
        "SECURITY_MSG_PASSWORD_RESET_REQUEST": (
            "If this address has an account, a link is on its way there. It works for an hour.",
            "info",
        ),
        "SECURITY_MSG_PASSWORD_RESET_EXPIRED": ("That link is too old: ask for another one.", "error"),
        "SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN": (
            "That link was used, or is not right: ask for another one.",
            "error",
        ),
        "SECURITY_MSG_PASSWORD_RESET_NO_LOGIN": ("Your password is set: sign in with it.", "success"),
        "SECURITY_CHANGE_URL": "/password",
        "SECURITY_POST_LOGIN_VIEW": "/staff/reports",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_POST_VERIFY_VIEW": "/staff/reports",
        "SECURITY_MSG_REAUTHENTICATION_SUCCESSFUL": ("Thank you: go on where you were.", "success"),
        "SECURITY_POST_CHANGE_VIEW": "/staff/reports",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (f"The e-mail address or the password is not right. {_PUT_OFF}", "error"),
        "SECURITY_MSG_INVALID_PASSWORD": (f"That is not your password. {_PUT_OFF}", "error"),
        "SECURITY_DEFAULT_REMEMBER_ME": False,
    }


def _two_factor(phi_keys: tuple[str, ...]) -> dict[str, Any]:
    # Who moves money or looks after users, but where things are tried out: printed logins have no authenticator.
    usual = "hospital_admin super_admin" if is_production() else "none"
    roles = set((os.environ.get("DAYBOOK_TWO_FACTOR_ROLES") or usual).split()) - {"none"}
    if unknown := roles - set(ROLE_PERMISSIONS):
        raise SettingsError(
            f"DAYBOOK_TWO_FACTOR_ROLES has {min(unknown)}: write names of roles, blank between, or none."
        )
    return {
        "TWO_FACTOR_ROLES": frozenset(roles),
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,  # seconds by which clocks may differ
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_URL": "/two-factor/setup",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/two-factor/code",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/two-factor/rescue",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/two-factor/select",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 10,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/two-factor/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/two-factor/recovery",
        "SECURITY_TOTP_ISSUER": "Daybook",
        "SECURITY_TOTP_SECRETS": wallet_secrets(phi_keys),
        "SECURITY_FRESHNESS": timedelta(days=36_500),  # portal.security.proof decides instead
        "SECURITY_MSG_TWO_FACTOR_INVALID_TOKEN": (f"That is not the code of now. {_PUT_OFF}", "error"),
        "SECURITY_MSG_INVALID_RECOVERY_CODE": (f"That is no recovery code, or it was used. {_PUT_OFF}", "error"),
        "SECURITY_MSG_TWO_FACTOR_PERMISSION_DENIED": ("Sign in first.", "info"),
        "SECURITY_MSG_TWO_FACTOR_LOGIN_SUCCESSFUL": ("You are signed in.", "success"),
        "SECURITY_MSG_TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("Your authenticator app is set up.", "success"),
        "SECURITY_MSG_TWO_FACTOR_DISABLED": ("The second factor is switched off.", "success"),
    }


def _limits() -> dict[str, Any]:
    return {
        "RATELIMIT_HEADERS_ENABLED": True,
        "LOGIN_LIMIT": os.environ.get("DAYBOOK_LOGIN_LIMIT", "10 per minute"),
        "API_LIMIT": os.environ.get("DAYBOOK_API_LIMIT", "600 per minute"),
        "ADDRESS_LIMIT": os.environ.get("DAYBOOK_ADDRESS_LIMIT", "6000 per minute"),
        "SEARCH_LIMIT": os.environ.get("DAYBOOK_SEARCH_LIMIT", "120 per minute"),
        "FILE_LIMIT": os.environ.get("DAYBOOK_FILE_LIMIT", "60 per minute"),
    }


def _proxies() -> int:
    if is_production() and not os.environ.get("DAYBOOK_TRUSTED_PROXIES"):
        raise SettingsError(
            "DAYBOOK_TRUSTED_PROXIES not set: in production say how many proxies stand in front, 1 as a rule, 0 for none;"
            " a wrong number lets callers choose their own address, or gives all the proxy's."
        )
    return _whole("DAYBOOK_TRUSTED_PROXIES", 0)


def _site() -> str:
    text = os.environ.get("DAYBOOK_SITE_URL", "").strip().rstrip("/")
    if text and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise SettingsError(
            f"DAYBOOK_SITE_URL is {text!r}: write the portal's address, as in https://daybook.example.org."
        )
    return text


def _amounts(name: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for part in os.environ.get(name, "").split():
        key, _, amount = part.partition("=")
        if not key or not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", amount):
            raise SettingsError(f"{name} has {part!r}: write NAME=AMOUNT, blank between them.")
        found[key] = Decimal(amount)
    return found


def _whole(name: str, default: int, at_least: int = 0) -> int:
    text = os.environ.get(name, "")
    try:
        value = int(text or default)
    except ValueError:
        raise SettingsError(f"{name} is {text!r}: write a whole number.") from None
    if value < at_least:
        raise SettingsError(f"{name} is {value}: write {at_least} or more.")
    return value
