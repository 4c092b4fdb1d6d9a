"""Bring a database to the present schema: migrations, then roles and grants. Safe to run again."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from warehouse import locks, roles
from warehouse.engine import url_for
from warehouse.settings import SettingsError

_MINIMUM = 150000


class DatabaseUnreachableError(SettingsError):
    """The warehouse does not answer."""


def upgrade() -> None:
    """Migrate the owner's database to the newest revision and set roles and grants.

    Raises:
        DatabaseUnreachableError: if the database does not answer.
        SettingsError: if its PostgreSQL is older than 15.
    """
    engine = create_engine(url_for("owner"), poolclass=NullPool)
    try:
        connection = engine.connect()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        raise DatabaseUnreachableError(
            f"The database at {engine.url.host}:{engine.url.port or 5432} does not answer ({reason}): "
            "check DATABASE_URL and that the server runs."
        ) from error
    with connection, connection.begin():
        version: int = connection.execute(text("select current_setting('server_version_num')::int")).scalar_one()
        if version < _MINIMUM:
            raise SettingsError(f"PostgreSQL {version // 10000} is too old: Daybook needs 15 or newer.")
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": locks.MIGRATION})
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        roles.grant(connection)
