"""URLs of source databases: drivers, read-only connections, and errors that never show a password."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from pipeline.errors import SourceError, SourceUnreachableError
from warehouse.transport import encrypted, is_here

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_PATIENCE = 15
_SECRET_OPTIONS = ("password", "passwd", "sslpassword", "pwd")
SNAPSHOT: dict[str, tuple[str, ...]] = {
    "sqlite": ("begin",),
    "postgresql": (
        "set transaction isolation level repeatable read, read only",
        "set local datestyle to 'ISO, YMD'",
        "set local timezone to 'UTC'",
    ),
    "mysql": ("set transaction read only", "set time_zone = '+00:00'"),
    "mariadb": ("set time_zone = '+00:00'",),
}
"""Statements that make the transaction of a pass read-only and of one moment (as MySQL's is anyway), and its dates ISO."""


def is_url(location: str) -> bool:
    """Return whether a source's location is a database URL rather than a folder."""
    return "://" in location


def parse(location: str) -> URL:
    """Return the URL with its driver named.

    Raises:
        SourceError: if it is no database URL.
    """
    try:
        url = make_url(location)
    except (ArgumentError, ValueError):
        kind = location.partition("://")[0]
        raise SourceError(
            f"The source URL `{kind}://…` is not understood; write it as postgresql://user:password@host:5432/database or sqlite:///file."
        ) from None
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def shown(url: URL) -> str:
    """Return the URL for messages and logs: without its password, wherever that stands."""
    hidden = {key: "***" for key in url.query if key.lower() in _SECRET_OPTIONS}
    return url.update_query_dict(hidden).render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def engine(url: URL) -> Engine:
    """Return an engine that only reads; nothing is connected yet.

    Raises:
        SourceUnreachableError: if the driver is missing or a SQLite file does not exist.
    """
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite(url)
        if url.get_backend_name() in ("mysql", "mariadb"):
            return _mysql(url)
        if url.get_backend_name() == "postgresql":
            url = encrypted(url, f"The source {shown(url)}")
            return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": _PATIENCE})
        return create_engine(url, poolclass=NullPool)
    except (NoSuchModuleError, ModuleNotFoundError, ImportError) as error:
        raise SourceUnreachableError(
            f"The source database {shown(url)} cannot be reached: no driver `{url.drivername}` is installed "
            f"({_scrubbed(url, error)}); use postgresql+psycopg, mysql+pymysql or sqlite."
        ) from None
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise SourceUnreachableError(f"The source URL {shown(url)} cannot be used: {_scrubbed(url, error)}.") from None


def _mysql(url: URL) -> Engine:
    more: dict[str, Any] = {"connect_timeout": _PATIENCE}
    if not is_here(url) and "ssl_disabled" in url.query:
        raise SourceError(f"The source database {shown(url)} is on another machine: take ssl_disabled out of its URL.")
    if not is_here(url) and not any(name.startswith("ssl") for name in url.query):
        # Identity comes over this line: a server that offers no encryption is refused. Its certificate is checked where
        # the URL names ssl_ca.
        more["ssl"] = {"check_hostname": False}
    return create_engine(url, poolclass=NullPool, connect_args=more)


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        exists = bool(url.database) and path.is_file()
    except OSError as error:
        raise SourceUnreachableError(
            f"The source database {shown(url)} cannot be read: {error.strerror or error}."
        ) from None
    if not exists:
        raise SourceUnreachableError(f"The source database {shown(url)} does not exist: there is no file {path}.")
    # Read-only, so that reading can never create or change the file.
    target = f"file:{quote(str(path.absolute()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(target, uri=True)
        # SQLite does not check what it stores: text that is not UTF-8 costs its row, not the source.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def sentence(url: URL, error: SQLAlchemyError) -> SourceError:
    """Return one sentence for what a driver raised, without the password."""
    origin = getattr(error, "orig", None) or error
    reason = _scrubbed(url, origin)
    if isinstance(error, OperationalError) and getattr(error, "statement", None) is None:
        return SourceUnreachableError(f"The source database {shown(url)} does not answer: {reason}.")
    return SourceError(f"The source database {shown(url)} cannot be read: {reason}.")


def _scrubbed(url: URL, error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    text = " ".join(lines[0].split()).rstrip(".") if lines else type(error).__name__
    secrets = [str(url.password)] if url.password else []
    secrets += [str(value) for key, value in url.query.items() if key.lower() in _SECRET_OPTIONS]
    for secret in secrets:
        for spelled in {secret, quote_plus(secret), quote(secret)}:
            text = text.replace(spelled, "***")
    return text
