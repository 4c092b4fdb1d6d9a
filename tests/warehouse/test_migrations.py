"""The migrated schema: it follows the canonical tables, and each role may do what it must and no more."""

from __future__ import annotations

import psycopg
import pytest

from warehouse import migrate
from warehouse.canonical import POSTGRES_TYPES, TABLES
from warehouse.engine import connect, url_for
from warehouse.settings import SettingsError

pytestmark = pytest.mark.usefixtures("database")
_TYPE = {
    "text": "text",
    "date": "date",
    "boolean": "boolean",
    "bigint": "bigint",
    "timestamptz": "timestamp with time zone",
}
_META = {
    "version_id", "source_name", "record_key", "row_hash", "batch_id", "is_deleted", "known_from", "known_to",
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_raw_has_the_canonical_columns_without_identity(table) -> None:  # type: ignore[no-untyped-def]
    with connect("owner") as connection:
        found = dict(
            connection.execute(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped",
                [f"raw.{table.name}"],
            ).fetchall()
        )
    expected = {
        column.name: _TYPE.get(POSTGRES_TYPES[column.type], POSTGRES_TYPES[column.type])
        for column in table.landed_columns
    }
    if table.name == "patients":
        expected["birth_year"] = "integer"
    assert {name: kind for name, kind in found.items() if name not in _META} == expected
    assert set(found) >= _META


def test_migrating_again_changes_nothing() -> None:
    migrate.upgrade()
    with connect("owner") as connection:
        assert connection.execute("select count(*) from public.alembic_version").fetchone() == (1,)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("portal", "select * from raw.invoices"),
        ("portal", "select * from quarantine.invoices"),
        ("portal", "select * from phi.patients"),
        ("portal", "update ops.builds set state = 'live'"),
        ("portal", "update portal.audit_log set id = 0"),
        ("portal", "delete from portal.audit_log"),
        ("portal", "truncate portal.audit_log"),
        ("portal", "create table public.mine (id int)"),
        ("etl", "select * from portal.audit_log"),
        ("etl", "drop table raw.invoices"),
        ("etl", "delete from raw.invoices"),
        ("etl", "update ops.period_closes set closed_by = 'x'"),
        ("etl", "delete from ops.period_close_figures"),
        ("owner", "update ops.period_close_figures set amount = 0"),
        ("owner", "delete from ops.period_close_versions"),
        ("owner", "truncate ops.period_closes cascade"),
        ("portal", "insert into ops.period_close_figures values (1, 'USD', 'closing', 0)"),
    ],
)
def test_a_role_may_not(role: str, statement: str) -> None:
    with connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_portal_sees_closes_of_the_hospitals_it_may_read() -> None:
    with connect("etl") as connection:
        for hospital in ("H1", "H2"):
            connection.execute(
                "with closed as (insert into ops.period_closes (hospital_id, month, closed_at, closed_by, build_id,"
                " known_at) values (%s, '2026-01-01', now(), 'me', 1, now()) returning close_id)"
                " insert into ops.period_close_figures select close_id, 'USD', 'closing', 1 from closed",
                [hospital],
            )
    count = "select count(*) from ops.period_closes join ops.period_close_figures using (close_id)"
    with connect("portal") as connection:
        assert connection.execute(count).fetchone() == (0,)
        connection.execute("select set_config('daybook.hospitals', 'H2', true)")
        assert connection.execute(count).fetchone() == (1,)


def test_the_portal_cannot_hold_the_database_for_long() -> None:
    with connect("portal") as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("30s",)
        assert connection.execute("show idle_in_transaction_session_timeout").fetchone() == ("1min",)


def test_a_url_that_is_not_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x.db")
    with pytest.raises(SettingsError, match="PostgreSQL"):
        url_for("etl")
