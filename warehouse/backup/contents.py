"""What is in a warehouse: tables with row counts and checksums, owners, roles, builds, the head of the audit log.

Read in the transaction of the backup's snapshot, and again in a restored copy, to compare. No value of any row is kept,
only sums of hashes.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from warehouse.engine import scalar

# What a run leaves on its way is no part of a backup: the next run makes it anew.
PASSING_SCHEMAS = ("candidate", "staging", "intermediate", "marts_next", "marts_retired_*")
PASSING_TABLES = "landing.*"

# The text of a row must not depend on who reads it.
_PLAIN_TEXT = """
set local datestyle = 'ISO'; set local timezone = 'UTC'; set local intervalstyle = 'postgres';
set local bytea_output = 'hex'; set local extra_float_digits = 1; set local search_path = '';
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0
"""
_TABLES = r"""
select n.nspname, c.relname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  and n.nspname not in ('candidate', 'staging', 'intermediate', 'marts_next', 'landing')
  and n.nspname not like 'marts\_retired\_%' and n.nspname not like 'pg\_temp\_%'
order by 1, 2
"""
# The sum of the rows' hashes: the same whatever the order of the rows, at constant memory.
_CHECKSUM = """
select count(*), coalesce(sum(hashtextextended(daybook_row::text, 0)::numeric), 0)::text from {} as daybook_row
"""
_SEQUENCES = """
select schemaname || '.' || sequencename, last_value from pg_sequences where last_value is not null order by 1
"""
_OWNERS = """
select o.type, o.identity, r.rolname
from pg_shdepend as d
join pg_roles as r on r.oid = d.refobjid and r.rolname <> current_user
cross join pg_identify_object(d.classid, d.objid, d.objsubid) as o
where d.dbid = (select oid from pg_database where datname = current_database()) and d.deptype = 'o'
  and o.type in ('schema', 'table', 'view', 'materialized view', 'function', 'procedure')
  and coalesce(o.schema, o.name) not in ('candidate', 'staging', 'intermediate', 'marts_next', 'landing')
  and not starts_with(coalesce(o.schema, o.name), 'marts_retired_')
order by o.type <> 'schema', 2
"""
_ROLES = """
select r.rolname, array_remove(array_agg(distinct g.rolname::text), null)
from pg_roles as r
left join pg_auth_members as m on m.member = r.oid
left join pg_roles as g on g.oid = m.roleid and g.rolname in ('daybook_etl', 'daybook_portal', 'daybook_analyst', 'daybook_phi')
where r.rolname <> current_user and (
  g.oid is not null or exists (
    select from pg_shdepend as d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
      and d.dbid = (select oid from pg_database where datname = current_database())))
group by r.rolname order by 1
"""
# Tables of which the owner's login would see only some rows. A policy for a role it belongs to that lets all through is fine.
_PARTLY_VISIBLE = """
select c.oid::regclass::text from pg_class as c
where c.relkind = 'r' and c.relnamespace <> 'pg_catalog'::regnamespace and row_security_active(c.oid) and (
  exists (select from pg_policy as p where p.polrelid = c.oid and not p.polpermissive)
  or not exists (
    select from pg_policy as p where p.polrelid = c.oid and p.polcmd in ('*', 'r')
      and pg_get_expr(p.polqual, p.polrelid) = 'true'
      and exists (select from unnest(p.polroles) as r (oid) where r.oid = 0 or pg_has_role(r.oid, 'usage'))))
order by 1
"""
_BUILDS = """
select b.build_id, b.state, (select max(business_date)::text from ops.business_dates as d where d.build_id = b.build_id)
from ops.builds as b where b.state in ('live', 'previous')
"""


def plain_text(connection: psycopg.Connection[Any]) -> None:
    """Make the transaction write values the way checksums want them, and let it take its time."""
    connection.execute(_PLAIN_TEXT)


def tables(connection: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """Return ``schema.table`` → [rows, checksum]. Call ``plain_text`` in the transaction before."""
    found = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        row = connection.execute(sql.SQL(_CHECKSUM).format(sql.Identifier(schema, table))).fetchone()
        found[f"{schema}.{table}"] = list(row or ())
    return found


def sequences(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return ``schema.sequence`` → its last value, of those that were ever used."""
    return dict(connection.execute(_SEQUENCES).fetchall())


def owners(connection: psycopg.Connection[Any]) -> list[list[str]]:
    """Return [kind, identity, role] of what is not the owner's own, schemas first."""
    return [list(row) for row in connection.execute(_OWNERS).fetchall()]


def roles(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Return the roles that a restore needs → the groups of ours that each belongs to."""
    return dict(connection.execute(_ROLES).fetchall())


def partly_visible(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the tables of which row policies would hide rows from the backup."""
    return [row[0] for row in connection.execute(_PARTLY_VISIBLE).fetchall()]


def revision(connection: psycopg.Connection[Any]) -> str | None:
    """Return the migration that the schema is at, None for an empty database."""
    if scalar(connection, "select to_regclass('public.alembic_version')") is None:
        return None
    return scalar(connection, "select version_num from public.alembic_version")


def is_in_use(connection: psycopg.Connection[Any]) -> bool:
    """Return whether anything would be lost with the database: it had a run, or has users or audit records."""
    return revision(connection) is not None and bool(
        scalar(
            connection,
            "select exists (select from ops.etl_process_status) or exists (select from portal.users)"
            " or exists (select from portal.audit_log)",
        )
    )


def summary(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Return what a person recognises a state of the warehouse by: builds, last run, the head of the audit log."""
    builds = {state: [build_id, day] for build_id, state, day in connection.execute(_BUILDS).fetchall()}
    head = connection.execute(
        "select id, encode(hash, 'hex') from portal.audit_log order by id desc limit 1"
    ).fetchone()
    return {
        "live_build": builds.get("live"),
        "previous_build": builds.get("previous"),
        "last_run": scalar(connection, "select max(id) from ops.etl_process_status"),
        "audit_head": list(head) if head else None,
    }
