"""What must hold after a crash: nothing half published, nothing locked, and a next run that says what the source says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from warehouse.engine import connect

_FIGURES = """
select (select count(*) from marts.fct_invoices),
  (select coalesce(sum(total_revenue), 0) from marts.revenue_metrics),
  (select coalesce(sum(amount_due), 0) from marts.outstanding_payments)
"""
_LEFT = {
    "a lock": "select count(*) from pg_locks where locktype = 'advisory' and granted and database ="
    " (select oid from pg_database where datname = current_database())",
}
_LEFT_AFTER_A_GOOD_RUN = {
    "a run in progress": "select count(*) from ops.etl_process_status where status = 'running'",
    "a batch in flight": "select count(*) from ops.batches where state = 'landed'",
    "a build in flight": "select count(*) from ops.builds where state in ('building', 'ready')",
    "a candidate": "select count(*) from pg_namespace where nspname in ('candidate', 'marts_next')",
    "a stage": "select count(*) from pg_class where relnamespace = 'landing'::regnamespace and relkind = 'r'",
    "rows of a build besides live and previous": "select count(*) from pg_namespace n where nspname like 'marts\\_b%'"
    " and not exists (select from ops.builds b where b.schema_name = n.nspname and b.state in ('live', 'previous'))",
}


def published() -> tuple[str, str]:
    """Return the live build's schema and a digest of every row of it, read through no view."""
    with connect("owner", autocommit=True) as connection:
        schema = str(_one(connection, "select schema_name from ops.builds where state = 'live'"))
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = %s order by 1", [schema]
        ).fetchall()
        digests = sql.SQL(" union all ").join(
            sql.SQL(
                "select {}, count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {} t"
            ).format(name, sql.Identifier(schema, name))
            for (name,) in tables
        )
        return schema, repr(connection.execute(digests).fetchall())


def figures() -> tuple[int, Decimal, Decimal]:
    """Return number of invoices, collected and outstanding, as ``marts`` says."""
    with connect("owner", autocommit=True) as connection:
        ((count, collected, outstanding),) = connection.execute(_FIGURES).fetchall()
    return count, collected, outstanding


def left_behind(*, after_a_good_run: bool) -> list[str]:
    """Return what is there that should not be."""
    asked = _LEFT | (_LEFT_AFTER_A_GOOD_RUN if after_a_good_run else {})
    with connect("owner", autocommit=True) as connection:
        return [what for what, query in asked.items() if _one(connection, query)]


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
