"""Settings of an installation in production, on the test's own database."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import make_url

from warehouse.engine import connect

_KEYS = ("SECRET_KEY", "PASSWORD_SALT", "AUDIT_KEY", "PHI_KEYS", "SEARCH_KEY")
_PASSWORD = "logins"
_LOGINS = {"DAYBOOK_ETL_URL": "own_run", "DAYBOOK_PORTAL_URL": "own_web"}


def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set all that production needs; pipeline and portal have logins of their own, made as ``.env.example`` says."""
    for name in _KEYS:
        monkeypatch.setenv(f"DAYBOOK_{name}", "k" * 42 + "8=")
    owner = make_url(os.environ["DATABASE_URL"])
    with connect("owner", autocommit=True) as connection:
        known = {row[0] for row in connection.execute("select rolname from pg_roles").fetchall()}
        for setting, login in _LOGINS.items():
            if login not in known:
                role = setting.removesuffix("_URL").lower()
                connection.execute(f"create role {login} login password '{_PASSWORD}' in role {role}")
            own = owner.set(username=login, password=_PASSWORD)
            monkeypatch.setenv(setting, own.render_as_string(hide_password=False))
    monkeypatch.setenv("DAYBOOK_TRUSTED_PROXIES", "0")
    monkeypatch.setenv("DAYBOOK_ENV", "production")
