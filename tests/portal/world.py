"""A published build without the pipeline: the marts' tables with row policies, two hospitals, and users who may see them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from psycopg.types.json import Jsonb

from portal import create_app
from portal.permissions import ROLE_PERMISSIONS
from portal.services import users
from warehouse.engine import connect

PASSWORD = "correct horse battery"
HOSPITALS = ("H1", "H2")
# Hashing passwords at full cost would be most of the suite's time.
_QUICK = {
    "TESTING": True,
    "SECURITY_HASHING_SCHEMES": ["hex_sha256"],  # of links in mails
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {"argon2__rounds": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1},
}
_UNLIMITED = dict.fromkeys(
    ("LOGIN_LIMIT", "API_LIMIT", "ADDRESS_LIMIT", "SEARCH_LIMIT", "FILE_LIMIT"), "100000 per minute"
)
INSTANT = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
_POLICY = (
    "create policy portal on {} to daybook_portal"
    " using (hospital_id = any (cast((select string_to_array(current_setting('daybook.hospitals', true), ',')) as text[])))"
)


def reset() -> None:
    """Empty the database but for its roles and settings, end every other connection, and drop every build."""
    with connect("owner") as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid()"
        )
        connection.execute(
            "drop schema if exists " + ", ".join(f"marts_b{number}" for number in range(1, 10)) + " cascade"
        )
        found = connection.execute(
            "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables"
            " where schemaname in ('portal', 'ops', 'jobs', 'phi', 'quarantine')"
            " and tablename not in ('roles', 'publishing')"
        ).fetchone()
        assert found is not None
        # A closed month refuses to go, as it should: here its triggers rest.
        connection.execute("set local session_replication_role = 'replica'")
        connection.execute(f"truncate {found[0]} restart identity cascade")
        connection.execute("alter sequence ops.run_id_seq restart")
        connection.execute("update ops.publishing set held = false, held_by = null, reason = null, held_at = null")
        connection.commit()


def publish(build_id: int = 1, instant: datetime = INSTANT, hospitals: Sequence[str] = HOSPITALS) -> int:
    """Make build ``build_id`` the live one, with empty marts and these hospitals; return its run's number."""
    schema = f"marts_b{build_id}"
    with connect("owner") as connection:
        run_id = add_run(connection, "completed", instant, outcome="published")
        connection.execute("update ops.builds set state = 'previous' where state = 'live'")
        connection.execute(
            "insert into ops.builds (build_id, run_id, schema_name, state, instant, fingerprint, published_at)"
            " values (%s, %s, %s, 'live', %s, 'x', %s)",
            [build_id, run_id, schema, instant, instant],
        )
        for name in hospitals:
            connection.execute("insert into ops.business_dates values (%s, %s, %s)", [build_id, name, instant.date()])
        _create_marts(connection, schema)
        connection.commit()
    day = instant.date()
    fill(
        "dim_hospitals",
        [{"hospital_id": name, "name": f"Hospital {name}", "timezone": "UTC", "currency": "USD",
          "fiscal_year_start": 1, "business_date": day} for name in hospitals],
        build_id,
    )  # fmt: skip
    return run_id


def add_run(connection: psycopg.Connection[Any], status: str, instant: datetime = INSTANT, **columns: Any) -> int:
    """Record a run and return its number."""
    ended = None if status == "running" else instant
    values = {"status": status, "started_at": instant, "completed_at": ended, "instant": instant, **columns}
    query = sql.SQL("insert into ops.etl_process_status ({}) values ({}) returning id").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
    )
    row = connection.execute(query, list(values.values())).fetchone()
    assert row is not None
    return int(row[0])


def add_gate(run_id: int, gate: str, *, passed: bool, hospital: str | None = None, **columns: Any) -> None:
    """Record how a gate turned out."""
    values = {"run_id": run_id, "stage": "landed", "gate": gate, "passed": passed, "hospital_id": hospital} | columns
    values = {"message": "passed" if passed else "too many rejects"} | values
    with connect("owner") as connection:
        query = sql.SQL("insert into ops.gate_results ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
        )
        connection.execute(query, [Jsonb(value) if isinstance(value, list) else value for value in values.values()])


def add_finished_run(started: datetime, hospital: str = "H1") -> int:
    """Record a run that a gate of ``hospital`` stopped: two stages, one table, one rejected invoice of it."""
    with connect("owner") as connection:
        run_id = add_run(
            connection, "stopped", started, outcome="gate", exit_code=3, error_message="Gate rejects failed."
        )
        for number, stage in enumerate(("read", "land"), 1):
            connection.execute(
                "insert into ops.run_stages values (%s, %s, %s, 'completed', %s, %s, '{}')",
                [run_id, number, stage, started, started],
            )
        row = connection.execute(
            "insert into ops.batches (run_id, source_name, state) values (%s, 'main', 'refused') returning batch_id",
            [run_id],
        ).fetchone()
        assert row is not None
        connection.execute(
            "insert into ops.run_tables (run_id, batch_id, source_name, table_name, rows_read, rows_landed,"
            " rows_quarantined, rows_duplicate, amount_read, amount_landed, amount_quarantined, amount_duplicate)"
            " values (%s, %s, 'main', 'invoices', 10, 7, 2, 1, 1000, 700, 250.5, 49.5)",
            [run_id, row[0]],
        )
        connection.execute(
            "insert into quarantine.invoices (run_id, batch_id, source_name, hospital_id, file, line, reasons, amount)"
            " values (%s, %s, 'main', %s, 'invoices.csv', 7, '{bad date}', 250.5)",
            [run_id, row[0], hospital],
        )
    add_gate(run_id, "totals", passed=True)
    add_gate(
        run_id, "rejects", passed=False, hospital=hospital, failing_keys=[{"hospital_id": hospital, "invoice_id": "I1"}]
    )
    return run_id


def fill(table: str, rows: Sequence[Mapping[str, Any]], build_id: int = 1) -> None:
    """Insert rows into a mart; a key that is left out is made up."""
    with connect("owner") as connection:
        name = sql.Identifier(f"marts_b{build_id}", table)
        keys = connection.execute(
            "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)"
            " where i.indrelid = %s::regclass and i.indisprimary and a.atttypid = 'uuid'::regtype",
            [f"marts_b{build_id}.{table}"],
        ).fetchall()
        for given in rows:
            row = {key: uuid4() for (key,) in keys} | dict(given)
            connection.execute(
                sql.SQL("insert into {} ({}) values ({})").format(
                    name,
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(sql.Placeholder() * len(row)),
                ),
                [Jsonb(value) if isinstance(value, dict) else value for value in row.values()],
            )


def make_app(**overrides: Any) -> Flask:
    """Return the portal on the test's database."""
    return create_app(_QUICK | _UNLIMITED | overrides)


def add_user(
    app: Flask,
    role: str,
    hospitals: Sequence[str] = ("H1",),
    email: str | None = None,
    providers: Sequence[str] = ("P1",),
) -> str:
    """Make a user of ``role`` and return its e-mail address (``<role>@clinic.org``)."""
    address = email or f"{role}@clinic.org"
    bound = () if role == "super_admin" else hospitals
    with app.app_context():
        linked = providers if role in ("provider", "practice_manager") else []
        users.create(address, PASSWORD, [role], bound, linked, by="test")
    return address


def add_user_of_every_role(app: Flask) -> dict[str, str]:
    """Make one user per role at hospital H1; return their addresses by role."""
    return {role: add_user(app, role) for role in ROLE_PERMISSIONS}


def csrf_token(html: str) -> str:
    """Return the token of the first form in a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found, html
    return found[1]


def sign_in(app: Flask, email: str) -> FlaskClient:
    """Return a client with a session of ``email``."""
    client = app.test_client()
    token = csrf_token(client.get("/login").text)
    answer = client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 302, answer.text
    return client


def audit_records() -> list[dict[str, Any]]:
    """Return every audit record, oldest first."""
    with connect("owner") as connection, connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute("select * from portal.audit_log order by id").fetchall()


def _create_marts(connection: psycopg.Connection[Any], schema: str) -> None:
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    connection.execute(sql.SQL("set local search_path to {}").format(sql.Identifier(schema)))
    for path in sorted(Path(__file__).with_name("marts").glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))
    connection.execute(sql.SQL("grant usage on schema {} to daybook_portal").format(sql.Identifier(schema)))
    connection.execute(
        sql.SQL("grant select on all tables in schema {} to daybook_portal").format(sql.Identifier(schema))
    )
    tables = connection.execute(
        "select table_name from information_schema.columns where table_schema = %s and column_name = 'hospital_id'",
        [schema],
    ).fetchall()
    for (table,) in tables:
        connection.execute(sql.SQL("alter table {} enable row level security").format(sql.Identifier(schema, table)))
        connection.execute(sql.SQL(_POLICY).format(sql.Identifier(schema, table)))
