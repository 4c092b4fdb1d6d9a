"""A build from its first row in ``ops.builds`` to the schema that waits to be published, and what is left of dead ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg import sql

from pipeline.context import RunContext
from warehouse import locks
from warehouse.canonical import TABLES
from warehouse.engine import scalar
from warehouse.settings import ROOT

CANDIDATE = "candidate"
# What dbt makes on the way. Made anew each time: replaced in place, two of its threads may wait for each other for ever.
_SCRATCH = ("staging", "intermediate")

_HOSPITALS = """
with visible as (
  select batch_id from ops.batches where state = 'accepted' or (state = 'landed' and run_id = %(run_id)s)
), named as (
  select distinct hospital_id from raw.invoices join visible using (batch_id) where known_to is null
  union
  select distinct hospital_id from raw.payments join visible using (batch_id) where known_to is null
), known as (
  select distinct on (hospital_id) hospital_id, timezone, is_deleted from raw.hospitals join visible using (batch_id)
  where known_to is null order by hospital_id, version_id desc
)
select hospital_id, coalesce(k.timezone, 'UTC') from known k full join named n using (hospital_id)
where not k.is_deleted or n.hospital_id is not null
"""
# What comes into effect later waits for the build of its day, and is shown on top of this one until then.
_DECISIONS = """
select d.decision_id from portal.write_off_decisions d
join unnest(%s::text[], %s::date[]) as b (hospital_id, business_date) using (hospital_id)
where d.effective_date <= b.business_date order by d.decision_id
"""
_DROPPABLE = """
select b.build_id, b.schema_name from ops.builds b join pg_namespace n on n.nspname = b.schema_name
where b.state = 'dropped' and not exists (
  select 1 from pg_class t join pg_depend d on d.refobjid = t.oid join pg_rewrite r on r.oid = d.objid
  join pg_class v on v.oid = r.ev_class join pg_namespace m on m.oid = v.relnamespace and m.nspname = 'marts'
  where t.relnamespace = n.oid)
"""


@dataclass(frozen=True)
class Build:
    """A build under way or done. ``schema`` is its own once it is ready; until then dbt writes ``candidate``."""

    build_id: int
    schema: str


@dataclass(frozen=True)
class Inputs:
    """What a build depends on besides what landed.

    Attributes:
        dates: each hospital's business date.
        history_days: days of payment history, or None for all.
        decisions: numbers of the write-off decisions that it contains.
    """

    dates: dict[str, date]
    history_days: int | None
    decisions: tuple[int, ...]


def inputs(connection: psycopg.Connection[Any], run: RunContext, history_days: int | None) -> Inputs:
    """Read what the build of this run depends on besides what landed."""
    dates = business_dates(connection, run)
    decisions = connection.execute(_DECISIONS, [list(dates), list(dates.values())]).fetchall()
    return Inputs(dates, history_days, tuple(number for (number,) in decisions))


def business_dates(connection: psycopg.Connection[Any], run: RunContext) -> dict[str, date]:
    """Return each hospital's business date at the run's instant.

    Hospitals are those that the run sees, of several sources' the newest version; a hospital that only invoices and
    payments name (no source delivers a table of hospitals) has UTC.
    """
    rows = connection.execute(_HOSPITALS, {"run_id": run.run_id}).fetchall()
    return {hospital: run.business_date_in(timezone) for hospital, timezone in rows}


def history_starts(dates: dict[str, date], days: int | None) -> dict[str, date | None]:
    """Return from which day on each hospital's payment history is complete: ``days`` before its business date, or None."""
    return {hospital: None if days is None else day - timedelta(days) for hospital, day in dates.items()}


def fingerprint(connection: psycopg.Connection[Any], run: RunContext, given: Inputs) -> str:
    """Return a digest of what a build depends on besides the landed versions.

    What it is ``given``, the closed months, the dbt project, and what the run rejected: a rejected correction flags its
    invoice as stale.
    """
    closes = scalar(connection, "select count(*) from ops.period_closes")
    digest = hashlib.sha256(repr((sorted(given.dates.items()), given.history_days, given.decisions, closes)).encode())
    for table in TABLES:
        rejected = scalar(
            connection,
            sql.SQL(
                "select md5(string_agg(concat_ws('|', source_name, hospital_id, record_key, reasons::text, amount), ';'"
                " order by source_name, hospital_id, record_key, reasons::text, amount)) from quarantine.{} where run_id = %s"
            ).format(sql.Identifier(table.name)),
            [run.run_id],
        )
        digest.update(f"{table.name}:{rejected}".encode())
    project = ROOT / "dbt_project"
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        if path.is_file() and relative.parts[0] not in ("target", "logs") and path.suffix in (".sql", ".yml", ".csv"):
            digest.update(str(relative).encode() + path.read_bytes())
    return digest.hexdigest()


def newest_fingerprint(connection: psycopg.Connection[Any]) -> str | None:
    """Return the fingerprint of the newest published build if that one is live, else None (none yet, or rolled back)."""
    row = connection.execute(
        "select fingerprint, state from ops.builds where published_at is not null order by build_id desc limit 1"
    ).fetchone()
    return row[0] if row and row[1] == "live" else None


def begin(connection: psycopg.Connection[Any], run: RunContext, given: Inputs, mark: str) -> Build:
    """Register a new build with its fingerprint ``mark`` and what it is ``given``, and an empty ``candidate``.

    What dbt made on the way to the last build goes.
    """
    starts = history_starts(given.dates, given.history_days)
    with connection.transaction():
        number = scalar(
            connection,
            "with next as (select nextval('ops.build_id_seq') as id)"
            " insert into ops.builds (build_id, run_id, schema_name, state, instant, fingerprint)"
            " select id, %s, 'marts_b' || id, 'building', %s, %s from next returning build_id",
            [run.run_id, run.instant, mark],
        )
        build = Build(number, f"marts_b{number}")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.business_dates (build_id, hospital_id, business_date, history_from) values (%s, %s, %s, %s)",
                [(build.build_id, hospital, day, starts[hospital]) for hospital, day in sorted(given.dates.items())],
            )
            cursor.executemany(
                "insert into ops.build_decisions (build_id, decision_id) values (%s, %s)",
                [(build.build_id, number) for number in given.decisions],
            )
        connection.execute(
            "update ops.etl_process_status set build_id = %s where id = %s", [build.build_id, run.run_id]
        )
        for schema in (CANDIDATE, *_SCRATCH):
            drop_schema(connection, schema)
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(CANDIDATE)))
    return build


def make_ready(connection: psycopg.Connection[Any], build: Build) -> None:
    """Give the gated candidate its own schema name: it can now be published, and nobody reads it before it is."""
    with connection.transaction():
        schema = sql.Identifier(build.schema)
        connection.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(CANDIDATE), schema))
        connection.execute("update ops.builds set state = 'ready' where build_id = %s", [build.build_id])


def refuse_unpublished(connection: psycopg.Connection[Any]) -> list[int]:
    """Refuse every build that was begun and not published, and drop its schema. Returns their ids.

    Called under the run lock, so all of them belong to dead or ended runs.
    """
    rows = connection.execute(
        "update ops.builds set state = 'refused' where state in ('building', 'ready') returning build_id, schema_name"
    ).fetchall()
    for build_id, schema in rows:
        drop_schema(connection, schema)
        connection.execute("delete from ops.build_decisions where build_id = %s", [build_id])
    drop_schema(connection, CANDIDATE)
    return [build_id for build_id, _ in rows]


def drop_unread(connection: psycopg.Connection[Any]) -> list[int]:
    """Drop the schemas of builds that are neither live nor previous and that nobody reads. Returns their ids.

    A build that was taken back stays as long as the views of ``marts`` serve older snapshots from it.
    """
    dropped = []
    rows = connection.execute(_DROPPABLE).fetchall()
    for build_id, schema in rows:
        try:
            with connection.transaction():
                connection.execute("set local lock_timeout = '1s'")
                free = connection.execute(
                    "select pg_try_advisory_xact_lock(%s, %s)", [locks.READER, build_id]
                ).fetchone()
                if free and free[0]:
                    drop_schema(connection, schema)
                    connection.execute("delete from ops.build_decisions where build_id = %s", [build_id])
                    dropped.append(build_id)
        except psycopg.errors.LockNotAvailable:
            continue  # somebody reads it: the next run tries again
    return dropped


def drop_schema(connection: psycopg.Connection[Any], schema: str) -> None:
    """Drop a schema and all in it, if it is there."""
    exists = connection.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone()
    if exists:
        connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
