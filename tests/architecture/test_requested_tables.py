"""The tables of the requests that are not marts: columns, rules and indexes as asked for."""

from __future__ import annotations

import psycopg
import pytest

from warehouse.engine import connect

REQUESTED = {
    "ops.etl_process_status": (
        "id", "process_name", "status", "started_at", "completed_at", "records_processed", "error_message", "created_at",
    ),
    "portal.export_log": (
        "id", "export_date", "export_type", "entity_type", "date_range_start", "date_range_end", "filename", "file_size",
    ),
    "portal.audit_log": (
        "id", "user_id", "action", "resource_type", "resource_id", "timestamp", "ip_address", "user_agent",
    ),
}  # fmt: skip
INDEXES = {
    "idx_audit_user": ("audit_log", "user_id"),
    "idx_audit_timestamp": ("audit_log", "timestamp"),
    "idx_audit_action": ("audit_log", "action"),
    "write_offs_hospital": ("write_offs", "hospital_id, status"),
    "write_offs_invoice": ("write_offs", "hospital_id, invoice_id"),
}
RUN = (
    "insert into ops.etl_process_status (status, started_at, completed_at, instant) values (%s, %s, %s, '2026-01-01Z')"
)
NOON, LATER = "2026-01-01T12:00Z", "2026-01-01T12:01Z"


@pytest.mark.parametrize("table", REQUESTED)
def test_a_requested_table_has_its_columns(database: str, table: str):
    with connect("owner") as connection:
        rows = connection.execute(
            "select column_name from information_schema.columns where table_schema || '.' || table_name = %s", [table]
        ).fetchall()
    assert set(REQUESTED[table]) <= {name for (name,) in rows}


@pytest.mark.parametrize("status", ["running", "completed", "failed", "stopped"])
def test_a_run_may_have_the_requested_statuses(database: str, status: str):
    with connect("owner") as connection:
        assert connection.execute(RUN, [status, NOON, LATER]).rowcount == 1


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (("done", NOON, LATER), psycopg.errors.CheckViolation),
        (("completed", None, LATER), psycopg.errors.NotNullViolation),
        (("completed", LATER, NOON), psycopg.errors.CheckViolation),
    ],
    ids=["unknown status", "never started", "completed before it started"],
)
def test_a_run_that_cannot_be_is_refused(database: str, values: tuple[str | None, ...], rule: type[Exception]):
    with connect("owner") as connection, pytest.raises(rule):
        connection.execute(RUN, values)


@pytest.mark.parametrize("column", ["user_id", "action", "resource_type", "timestamp"])
def test_an_audit_record_cannot_leave_out(database: str, column: str):
    with connect("owner") as connection:
        nullable = connection.execute(
            "select is_nullable from information_schema.columns"
            " where table_schema = 'portal' and table_name = 'audit_log' and column_name = %s",
            [column],
        ).fetchone()
    assert nullable == ("NO",)


@pytest.mark.parametrize("index", INDEXES)
def test_a_requested_index_is_there(database: str, index: str):
    table, columns = INDEXES[index]
    with connect("owner") as connection:
        row = connection.execute("select indexdef from pg_indexes where indexname = %s", [index]).fetchone()
    assert row
    assert f"portal.{table} USING btree ({columns}" in row[0].replace('"', "")
