"""Bring a database to the present schema: migrations, then roles and grants. Safe to run again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from warehouse import locks, roles
from warehouse.engine import connect, url_for
from warehouse.settings import SettingsError

_log = structlog.get_logger("daybook.migrate")
_MINIMUM = 150000


class DatabaseUnreachableError(SettingsError):
    """The warehouse does not answer."""


def upgrade(database: str | None = None) -> None:
    """Migrate the warehouse to the newest revision and set roles and grants. One that is in use is backed up first.

    Args:
        database: another database of the server, instead of the warehouse's; it is not backed up.

    Raises:
        DatabaseUnreachableError: if the database does not answer.
        SettingsError: if its PostgreSQL is older than 15, or its schema newer than this version.
        BackupError: if the backup before the migration cannot be made; nothing was migrated.
    """
    url = url_for("owner") if database is None else url_for("owner").set(database=database)
    engine = create_engine(url, poolclass=NullPool)
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
        config = _config()
        present = _revision(connection)
        if present and not knows(present):
            raise SettingsError(
                f"The warehouse's schema ({present}) is newer than this Daybook: install the version that migrated it."
            )
        if database is None and present not in (None, ScriptDirectory.from_config(config).get_current_head()):
            _back_up()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        roles.grant(connection)


def knows(revision: str) -> bool:
    """Return whether this version has a migration of that name."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _revision(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table_schema": "public"})
    return context.get_current_revision()


def _back_up() -> None:
    from warehouse.backup import contents
    from warehouse.backup.create import create

    with connect("owner") as connection:
        is_in_use = contents.is_in_use(connection)
    if is_in_use:
        path, _ = create("before-migration", datetime.now(UTC))
        _log.info("the warehouse was backed up before its migration", backup=str(path))
