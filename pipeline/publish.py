"""Putting a build before the readers, and taking it back: one transaction, in which ``live`` moves.

The portal reads the live build's schema name once a request. Analysts and scripts read ``marts``: a schema of views,
prepared beside it as ``marts_next`` and put in place by renaming, which passes under open readers.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psycopg
import structlog
from psycopg import sql

from pipeline import builds, smoke
from pipeline.builds import Build
from pipeline.errors import DaybookError, UsageError
from pipeline.lock import check_held
from warehouse.engine import scalar

_log = structlog.get_logger("daybook.publish")
_ATTEMPTS = 10
_RETIRED = "marts_retired_"


class PublishError(DaybookError):
    """The build could not be put in place; the live one stays."""


def is_held(connection: psycopg.Connection[Any]) -> bool:
    """Return whether publishing is held (after a rollback, or by ``etl.py hold``)."""
    return bool(scalar(connection, "select held from ops.publishing"))


def publish(connection: psycopg.Connection[Any], build: Build, run_id: int, records: int) -> None:
    """Make ``build`` the live one, accept the run's batches and close its row, all in one transaction.

    Args:
        connection: the one that holds the run lock.
        build: a build in state ``ready``.
        run_id: the run whose batches become part of the truth.
        records: rows read, for the run's row.

    Raises:
        PublishError: if readers kept the schema busy for too long; or if the portal cannot read what was published: then
            the previous build is live again, and publishing is held.
        LockLostError: if the run lock is no longer ours.
    """
    from pipeline.landing import accept  # brings pandas, which looking at builds and taking them back do without

    _prepare_views(connection, build)
    check_held(connection)

    def flip() -> None:
        _set_live(connection, build.build_id)
        # Not before: what is built, gated or held back is for nobody.
        schema = sql.Identifier(build.schema)
        connection.execute(sql.SQL("grant usage on schema {} to daybook_portal, daybook_analyst").format(schema))
        _swap_views(connection)
        accept(connection, run_id)
        connection.execute(
            "update ops.etl_process_status set status = 'completed', outcome = 'published', exit_code = 0,"
            " records_processed = %s, completed_at = clock_timestamp() where id = %s",
            [records, run_id],
        )
        connection.execute("select pg_notify('daybook_published', %s)", [str(build.build_id)])

    _in_short_transaction(connection, flip)
    trouble = smoke.look(build.build_id, build.schema)
    if trouble:
        raise PublishError(_taken_back(connection, build, run_id, trouble))
    _clean_up(connection)


def _taken_back(connection: psycopg.Connection[Any], build: Build, run_id: int, trouble: str) -> str:
    sentence = f"Build {build.build_id} was published, but {trouble}."
    try:
        former = rollback(connection, "a look after publishing")
        sentence += f" Build {former.build_id} is live again, and publishing is held: python etl.py release"
    except UsageError:
        sentence += " There is no previous build to go back to: correct it and run again."
    connection.execute(
        "update ops.etl_process_status set status = 'failed', outcome = 'taken back', exit_code = 1, error_message = %s"
        " where id = %s",
        [sentence, run_id],
    )
    return sentence


def rollback(connection: psycopg.Connection[Any], by: str) -> Build:
    """Bring the previous accepted build back and hold publishing until released. Returns the build now live.

    Raises:
        UsageError: if there is no previous build.
    """
    row = connection.execute("select build_id, schema_name from ops.builds where state = 'previous'").fetchone()
    if not row:
        raise UsageError("There is no previous build to go back to.")
    build = Build(*row)
    _prepare_views(connection, build)
    check_held(connection)

    def flip() -> None:
        # The build that is taken back can be reached again only by a new run.
        connection.execute("update ops.builds set state = 'dropped' where state = 'live'")
        connection.execute("update ops.builds set state = 'live' where build_id = %s", [build.build_id])
        _swap_views(connection)
        hold(connection, by, f"rolled back to build {build.build_id}")
        connection.execute("select pg_notify('daybook_published', %s)", [str(build.build_id)])

    _in_short_transaction(connection, flip)
    _clean_up(connection)
    return build


def release(connection: psycopg.Connection[Any]) -> bool:
    """Release publishing. Returns whether it was held."""
    was_held = is_held(connection)
    connection.execute("update ops.publishing set held = false, held_by = null, reason = null, held_at = null")
    return was_held


def hold(connection: psycopg.Connection[Any], by: str, reason: str) -> None:
    """Hold publishing: runs still build and gate, but the live build stays."""
    connection.execute(
        "update ops.publishing set held = true, held_by = %s, reason = %s, held_at = clock_timestamp()", [by, reason]
    )


def _set_live(connection: psycopg.Connection[Any], build_id: int) -> None:
    connection.execute("update ops.builds set state = 'dropped' where state = 'previous'")
    connection.execute("update ops.builds set state = 'previous' where state = 'live'")
    connection.execute(
        "update ops.builds set state = 'live', published_at = clock_timestamp() where build_id = %s", [build_id]
    )


def _prepare_views(connection: psycopg.Connection[Any], build: Build) -> None:
    """Make ``marts_next``: views that read ``build``, or for a snapshot from before it went live, the build live then.

    Names are looked up afresh by every statement, whatever its snapshot: without the second branch a reader in a
    repeatable-read transaction would look into tables that its snapshot does not know, and silently see no row.
    """
    with connection.transaction():
        builds.drop_schema(connection, "marts_next")
        connection.execute("create schema marts_next")
        connection.execute("grant usage on schema marts_next to daybook_analyst")
        live = connection.execute("select build_id, schema_name from ops.builds where state = 'live'").fetchone()
        former = _columns(connection, live[1]) if live else {}
        for table, columns in _columns(connection, build.schema).items():
            branches = [_branch(build.build_id, build.schema, table, columns)]
            if live and former.get(table) == columns:
                branches.append(_branch(live[0], live[1], table, columns))
            connection.execute(
                sql.SQL("create view marts_next.{} with (security_invoker = true) as {}").format(
                    sql.Identifier(table), sql.SQL(" union all ").join(branches)
                )
            )
        connection.execute("grant select on all tables in schema marts_next to daybook_analyst")


def _columns(connection: psycopg.Connection[Any], schema: str) -> dict[str, list[tuple[str, str]]]:
    rows = connection.execute(
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace and n.nspname = %s"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relkind in ('r', 'p') order by c.relname, a.attnum",
        [schema],
    ).fetchall()
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, []).append((column, kind))
    return tables


def _branch(build_id: int, schema: str, table: str, columns: list[tuple[str, str]]) -> sql.Composed:
    # The comparison is made once a query, and the branch of the other build is never read.
    return sql.SQL(
        "select {} from {}.{} where (select b.build_id from ops.builds b where b.state = 'live') = {}"
    ).format(
        sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
        sql.Identifier(schema),
        sql.Identifier(table),
        sql.Literal(build_id),
    )


def _swap_views(connection: psycopg.Connection[Any]) -> None:
    # Renaming passes under open readers; dropping would wait for them, so that comes later.
    if connection.execute("select 1 from pg_namespace where nspname = 'marts'").fetchone():
        retired = scalar(connection, "select %s || txid_current()", [_RETIRED])
        connection.execute(sql.SQL("alter schema marts rename to {}").format(sql.Identifier(retired)))
    connection.execute("alter schema marts_next rename to marts")


def _in_short_transaction(connection: psycopg.Connection[Any], work: Any) -> None:
    # A reader of the retired views may hold what we want to drop: wait little, let readers in between, try again.
    for attempt in range(_ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute("set local lock_timeout = '2s'")
                work()
            return
        except psycopg.errors.LockNotAvailable:
            time.sleep(0.2 * (attempt + 1))
    raise PublishError("Readers kept the old views busy for too long; the live build stays. Run again.")


def _clean_up(connection: psycopg.Connection[Any]) -> None:
    """Drop what nobody needs any more, as far as it goes: the build is published whatever happens here."""
    try:
        retired = connection.execute(
            "select nspname from pg_namespace where starts_with(nspname, %s)", [_RETIRED]
        ).fetchall()
        for (schema,) in retired:
            # Somebody may still read it: then it is dropped after the next publish.
            with contextlib.suppress(psycopg.errors.LockNotAvailable), connection.transaction():
                connection.execute("set local lock_timeout = '1s'")
                builds.drop_schema(connection, schema)
        builds.drop_unread(connection)
    except psycopg.Error as error:
        _log.warning("old builds could not be dropped", reason=str(error).strip())
