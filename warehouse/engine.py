"""Connections by role: ``owner`` migrates, ``etl`` lands and builds, ``portal`` reads builds and writes its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import URL, Engine, create_engine, make_url

from warehouse import embedded
from warehouse.settings import ROLES, SettingsError
from warehouse.transport import encrypted

DRIVER = "postgresql+psycopg"
# No page may hold the database: a publish waits for its readers.
_LIMITS = {
    "portal": "-c statement_timeout=30s -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s",
}
_OVERRIDES = {"etl": "DAYBOOK_ETL_URL", "portal": "DAYBOOK_PORTAL_URL"}


def url_for(role: str) -> URL:
    """Return the SQLAlchemy URL of a role (``owner``, ``etl`` or ``portal``), driver named.

    ``DATABASE_URL`` is the owner's. A role has its own login in ``DAYBOOK_ETL_URL`` / ``DAYBOOK_PORTAL_URL``;
    without one, the owner's login takes on the role (``SET ROLE``) as the connection opens.

    Raises:
        SettingsError: for a URL that is not PostgreSQL's or cannot be read, or goes unencrypted to another machine.
    """
    if role not in ROLES:
        raise SettingsError(f"No database role called {role!r}: use one of {', '.join(ROLES)}.")
    text = os.environ.get("DATABASE_URL")
    if not text:
        return make_url(embedded.running_url()).set(drivername=DRIVER, query=_role_options(role))
    override = os.environ.get(_OVERRIDES.get(role, ""), "")
    try:
        url = make_url(override or text)
    except Exception as error:
        raise SettingsError(
            "DATABASE_URL cannot be read: write postgresql+psycopg://user:password@host/name."
        ) from error
    if url.get_backend_name() != "postgresql":
        raise SettingsError(f"DATABASE_URL names {url.get_backend_name()!r}: Daybook's warehouse is PostgreSQL.")
    url = encrypted(url, _OVERRIDES[role] if override else "DATABASE_URL")
    if role == "owner":
        return url.set(drivername=DRIVER)
    if override:
        limits = _LIMITS.get(role)
        return url.set(drivername=DRIVER).update_query_dict({"options": limits} if limits else {})
    return url.set(drivername=DRIVER).update_query_dict(_role_options(role))


def _role_options(role: str) -> dict[str, str]:
    return {} if role == "owner" else {"options": f"-c role=daybook_{role} {_LIMITS.get(role, '')}".strip()}


def connect(role: str, *, database: str | None = None, **options: Any) -> psycopg.Connection[Any]:
    """Open a psycopg connection as ``role``, to another ``database`` of the server if one is named. The caller closes it."""
    url = url_for(role) if database is None else url_for(role).set(database=database)
    parts: dict[str, Any] = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    return psycopg.connect(**parts, **options)


def scalar(connection: psycopg.Connection[Any], statement: Any, values: Sequence[Any] = ()) -> Any:
    """Return the first column of the first row of ``statement``, None if it gives no row."""
    row = connection.execute(statement, values).fetchone()
    return row[0] if row else None


@cache
def engine(role: str) -> Engine:
    """Return this process's SQLAlchemy engine of ``role``."""
    return create_engine(url_for(role), pool_pre_ping=True)
