"""Backups of a warehouse whose owner is no superuser, and those made before a migration and before a bulk import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command as alembic
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pipeline.errors import GateFailedError
from pipeline.run import RunOrder, execute
from pipeline.settings import SourceConfig
from tests.conftest import admin, fresh_database
from tests.integration.operations.support import ask, backed_up, command, digests, do, people, rights
from tests.integration.pipeline.small_source import DAY, INVOICES, write_source
from tests.integration.pipeline.support import run
from warehouse import engine, migrate
from warehouse.backup.errors import BackupError
from warehouse.backup.sealed import open_sealed
from warehouse.engine import connect, url_for
from warehouse.settings import load_backup_keys

_OLD = "0008"


@pytest.fixture
def old_warehouse(server: str, template: str, folder: Path) -> Iterator[str]:
    """A warehouse of an older version, in use."""
    for url in fresh_database(server, "template0"):
        config = migrate._config()
        with create_engine(url_for("owner"), poolclass=NullPool).begin() as connection:
            config.attributes["connection"] = connection
            alembic.upgrade(config, _OLD)
        people("ada@example.org")
        yield url


def _columns() -> dict[str, str]:
    """The columns of every table, by its name with its schema."""
    return dict(
        ask(
            "select table_schema || '.' || table_name, string_agg(column_name, ',' order by ordinal_position)"
            " from information_schema.columns group by 1"
        )
    )


@pytest.fixture
def clinic(server: str, folder: Path) -> Iterator[str]:
    """A migrated warehouse whose owner may create databases and roles, and nothing more."""
    admin(server, "create role clinic login createdb createrole password 'x'")
    for group in ("daybook_etl", "daybook_portal", "daybook_analyst", "daybook_phi"):
        admin(server, f"grant {group} to clinic with admin option")
    admin(server, "create database clinic owner clinic")
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = (
        f"postgresql+psycopg://clinic:x@{server.split('@')[1].split('/', maxsplit=1)[0]}/clinic"
    )
    engine.engine.cache_clear()
    yield os.environ["DATABASE_URL"]
    os.environ.pop("DATABASE_URL") if before is None else os.environ.update(DATABASE_URL=before)
    engine.engine.cache_clear()
    admin(server, "drop database clinic with (force)")
    admin(server, "drop owned by clinic")
    admin(server, "drop role clinic")


def test_a_migration_is_preceded_by_a_backup_that_brings_the_old_state_back(folder: Path, old_warehouse: str) -> None:
    before, columns = digests(), _columns()
    migrate.upgrade()
    (path,) = folder.iterdir()
    assert path.name.endswith("-before-migration.backup")
    assert open_sealed(path, load_backup_keys()).manifest["revision"] == _OLD
    assert ask("select version_num from alembic_version") != [(_OLD,)]
    do("delete from portal.users")
    command("backup", "restore", path.name, "--yes")
    after = digests()
    # What came back was migrated again: a table that got columns since has its rows, with other checksums.
    widened = {name for name, found in _columns().items() if found != columns.get(name)}
    assert before.keys() - after.keys() == {"portal.exports"}  # never written, and gone
    before.pop("portal.exports")
    assert {name: after[name][0] for name in before} == {
        name: count + (name == "portal.audit_log") for name, (count, _) in before.items()
    }
    changed = {name for name in before if after[name] != before[name]}
    assert changed - widened == {"public.alembic_version", "portal.audit_log"}
    assert ask("select version_num from alembic_version") != [(_OLD,)]
    migrate.upgrade()
    assert len(list(folder.glob("*before-migration*"))) == 1  # nothing to migrate any more


def test_without_a_backup_nothing_is_migrated(
    folder: Path, old_warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("no folder", encoding="utf-8")
    with pytest.raises(BackupError, match="could not be written"):
        migrate.upgrade()
    assert ask("select version_num from alembic_version") == [(_OLD,)]


def test_a_schema_of_a_newer_version_is_left_alone(database: str) -> None:
    do("update alembic_version set version_num = '9999'")
    with pytest.raises(migrate.SettingsError, match=r"schema \(9999\) is newer than this Daybook"):
        migrate.upgrade()


@pytest.mark.usefixtures("clinic")
def test_the_policies_of_exports_ask_each_other_under_an_owner_without_special_rights() -> None:
    migrate.upgrade()
    people("ada@example.org")
    tables = ("export_log", "export_chunks", "export_templates", "export_schedules", "export_recipients")
    for role in ("owner", "portal"):  # the owner belongs to the portal's role
        with connect(role) as connection:
            connection.execute(
                "select set_config('daybook.user', '1', true), set_config('daybook.own_hospitals', 'H1', true)"
            )
            number = connection.execute(
                "insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm, next_due, created_at)"
                " select id, 's', 'kpis', 'csv', 'weekly', '2030-01-01', now() from portal.users returning id"
            ).fetchall()
            connection.execute("insert into portal.export_recipients select %s, id from portal.users", number[0])
            counts = [len(connection.execute(f"select 1 from portal.{name}").fetchall()) for name in tables]  # type: ignore[arg-type]
            connection.rollback()
        assert counts == [0, 0, 0, 1, 1], role


def test_an_owner_without_special_rights_backs_up_and_restores(folder: Path, template: str, clinic: str) -> None:
    migrate.upgrade()
    assert not folder.exists()  # there was nothing to lose
    people("ada@example.org")
    with connect("etl") as connection:
        connection.execute(
            "insert into phi.patients select 'main', h, 'P1', 1, 'sealed', 'hash', null from unnest('{H1,H2}'::text[]) as h"
        )
        connection.execute("create schema marts_b1")
        connection.execute("create table marts_b1.dim as select 'H1' as hospital_id")
        connection.execute("grant select on marts_b1.dim to daybook_portal")
    before, then = digests(), rights()
    assert before["phi.patients"][0] == 2
    path = backed_up()
    do("truncate phi.patients cascade")
    command("backup", "restore", path.name, "--yes")
    after = digests()
    assert {name for name in before if after[name] != before[name]} == {"portal.audit_log"}
    assert rights() == then
    do("create policy narrower on phi.patients as restrictive using (hospital_id = 'H1')")
    assert "Row policies hide rows of phi.patients" in command("backup", "create", code=1).error


@pytest.mark.usefixtures("warehouse")
def test_the_first_delivery_of_another_source_is_preceded_by_a_backup(folder: Path, tmp_path: Path) -> None:
    run(write_source(tmp_path / "a"), DAY)
    assert not folder.exists()  # known already
    bad = write_source(tmp_path / "b", invoices=[{**row, "status": "posted"} for row in INVOICES * 2])
    with pytest.raises(GateFailedError):
        execute(RunOrder([SourceConfig("other", str(bad))], datetime.now(UTC), date.fromisoformat(DAY)))
    (path,) = folder.iterdir()
    assert path.name.endswith("-before-import.backup")
    stages = [row[0] for row in ask("select stage from ops.run_stages where run_id = 3 order by seq")]
    assert stages == ["read", "backup", "land", "gate-landed"]
