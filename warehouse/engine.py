"""Connections by role: ``owner`` migrates, ``etl`` lands and builds, ``portal`` reads builds and writes its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, make_url

from warehouse import embedded
from warehouse.settings import ROLES, SettingsError, is_production
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
    without one, the owner's login takes on the role (``SET ROLE``) as the connection opens, but not in production: whoever
    could send statements of their own could give the role up again.

    Raises:
        SettingsError: for a URL that is not PostgreSQL's or cannot be read, or goes unencrypted to another machine; in
            production, if a role has no login of its own.
    """
    if role not in ROLES:
        raise SettingsError(f"No database role called {role!r}: use one of {', '.join(ROLES)}.")
    text = os.environ.get("DATABASE_URL")
    if not text:
        return make_url(embedded.running_url()).set(drivername=DRIVER, query=_role_options(role))
    setting = _OVERRIDES.get(role, "")
    override = os.environ.get(setting, "")
    url = _read(override or text, setting if override else "DATABASE_URL")
    if role == "owner":
        return url.set(drivername=DRIVER)
    if is_production() and (not override or url.username == _read(text, "DATABASE_URL").username):
        raise SettingsError(
            f"{setting} names no login of its own: in production the database's owner neither runs nor serves; make a login"
            f" that is a member of daybook_{role} alone, as .env.example says."
        )
    # A login of its own takes the role on too: what a run makes belongs to the role, whichever login it came with.
    return url.set(drivername=DRIVER).update_query_dict(_role_options(role))


def _read(text: str, name: str) -> URL:
    try:
        url = make_url(text)
    except Exception as error:
        raise SettingsError(f"{name} cannot be read: write postgresql+psycopg://user:password@host/name.") from error
    if url.get_backend_name() != "postgresql":
        raise SettingsError(f"{name} names {url.get_backend_name()!r}: Daybook's warehouse is PostgreSQL.")
    return encrypted(url, name)


def _role_options(role: str) -> dict[str, str]:
    return {} if role == "owner" else {"options": f"-c role=daybook_{role} {_LIMITS.get(role, '')}".strip()}


def connect(role: str, *, database: str | None = None, **options: Any) -> psycopg.Connection[Any]:
    """Open a psycopg connection as ``role``, to another ``database`` of the server if one is named. The caller closes it."""
    url = url_for(role) if database is None else url_for(role).set(database=database)
    parts: dict[str, Any] = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    return psycopg.connect(**parts, **options)


def driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    """Return psycopg's own connection of a SQLAlchemy one, in the same transaction."""
    raw: Any = connection.connection.driver_connection
    return raw


def scalar(connection: psycopg.Connection[Any], statement: Any, values: Sequence[Any] = ()) -> Any:
    """Return the first column of the first row of ``statement``, None if it gives no row."""
    row = connection.execute(statement, values).fetchone()
    return row[0] if row else None


@cache
def engine(role: str) -> Engine:
    """Return this process's SQLAlchemy engine of ``role``."""
    return create_engine(url_for(role), pool_pre_ping=True)
