"""Land one source: its tables in order, from chunks of text to new versions in ``raw``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from pipeline.context import RunContext
from pipeline.errors import SourceError
from pipeline.landing.counts import TableCount, write_count
from pipeline.landing.delivery import Delivery
from pipeline.landing.hospitals import database_lookup, load_hospitals, named_by_rows
from pipeline.landing.identities import IdentityStage
from pipeline.landing.incremental import Part, keep_marks, plan_part
from pipeline.landing.keys import has_never_read, keys_stage, may_have_moved, stage_keys
from pipeline.landing.late import drop_duplicates, reject_unrelated
from pipeline.landing.rules import RowRules
from pipeline.landing.staging import Tally, stage_table, staged_amounts
from pipeline.landing.versions import append_versions, current_rows, unread
from pipeline.settings import rereading
from pipeline.sources.base import Source
from pipeline.sources.batch import listing
from warehouse.canonical import TABLES, Table
from warehouse.settings import Secrets

Progress = Callable[[str, str, int], None]

_BATCH = """
insert into ops.batches (run_id, source_name) values (%(run)s, %(source)s)
returning batch_id, exists (select from ops.batches where source_name = %(source)s and state = 'accepted')
"""
_DELIVERED_BEFORE = """
select t.table_name from ops.run_tables as t
where t.batch_id = (select max(batch_id) from ops.batches where source_name = %(source)s and state = 'accepted')
"""
# As the run log keeps it: which columns of which table the source had when its last accepted batch was read.
_COLUMNS_BEFORE = """
select t.key || '.' || c.name
from ops.run_stages as s,
  jsonb_array_elements(s.detail -> 'sources') as source,
  jsonb_each(source -> 'tables') as t,
  jsonb_array_elements_text(t.value -> 'columns') as c (name)
where s.stage = 'read' and source ->> 'name' = %(source)s and s.run_id = (
  select run_id from ops.batches where source_name = %(source)s and state = 'accepted' order by batch_id desc limit 1
)
"""
_QUARANTINED = "select count(*), coalesce(sum(amount), 0) from {quarantine} where batch_id = %(batch)s"


def land_source(
    connection: psycopg.Connection[Any],
    source: Source,
    run: RunContext,
    keys: Secrets,
    progress: Progress | None = None,
) -> list[TableCount]:
    """Land everything a source delivers as a batch of the run, in state ``landed``.

    Runs in the caller's transaction and does not commit: a landing that is cut short leaves nothing behind. The caller
    commits, then accepts or refuses the batch. Refuse what dead runs left (``refuse``) before a run's first source.

    Args:
        connection: role ``etl``, not in autocommit.
        source: the opened source.
        run: the run; its row in ``ops.etl_process_status`` exists.
        keys: the installation's keys.
        progress: called with source, table and rows read so far after each chunk.

    Returns:
        What became of each table's rows, as stored in ``ops.run_tables``.

    Raises:
        SourceError: if the source cannot be read, or lacks a table or a column that it delivered last time.
    """
    row = connection.execute(_BATCH, {"run": run.run_id, "source": source.name}).fetchone()
    if row is None:
        raise AssertionError("an insert that returns a row returned none")
    connection.execute("set local work_mem = '256MB'")
    return _Landing(Delivery(connection, run, source.name, row[0], row[1]), source, keys, progress).run()


class _Landing:
    """The steps of landing one source."""

    def __init__(self, delivery: Delivery, source: Source, keys: Secrets, progress: Progress | None) -> None:
        self._delivery = delivery
        self._source = source
        self._keys = keys
        self._progress = progress
        self._tallies: dict[str, Tally] = {}
        self._identities: IdentityStage | None = None

    def run(self) -> list[TableCount]:
        tables = [table for table in TABLES if table.name in self._source.tables]
        self._refuse_vanished({table.name for table in tables})
        hospitals = [table for table in tables if table.name == "hospitals"]
        others = [table for table in tables if table.name != "hospitals"]
        # Hospitals land first: the other tables' rows are judged by their time zones.
        counts = [count for group in (hospitals, others) for count in self._land(group)]
        for table in tables:
            stages = {"stage": sql.Identifier("landing", table.name), "keys": keys_stage(table)}
            self._delivery.execute("drop table if exists {stage}, {keys}", stages)
        changed = [count.table_name for count in counts if count.changed]
        self._delivery.execute("select ops.analyze_raw(%(tables)s)", tables=changed)
        return counts

    def _refuse_vanished(self, tables: set[str]) -> None:
        before = {name for (name,) in self._delivery.execute(_DELIVERED_BEFORE)}
        if vanished := sorted(before - tables):
            raise SourceError(
                f"Source {self._source.name} no longer delivers {', '.join(vanished)}, which it delivered last time: "
                "bring the file or table back, or deliver it empty if its rows are gone."
            )
        self._refuse_vanished_columns()

    def _refuse_vanished_columns(self) -> None:
        """Refuse a delivery without a column that the last one had: a slip in a header would empty it in every row."""
        described: Any = self._source.describe().get("tables", {})
        delivered = {f"{table}.{column}" for table, found in described.items() for column in found["columns"]}
        before = {name for (name,) in self._delivery.execute(_COLUMNS_BEFORE)}
        if vanished := sorted(before - delivered):
            raise SourceError(
                f"Source {self._source.name} no longer delivers the columns {listing(vanished)}, which it delivered last time: "
                "bring them back, or deliver them empty if their values are gone."
            )

    def _land(self, tables: list[Table]) -> list[TableCount]:
        delivery = self._delivery
        hospitals = load_hospitals(delivery.connection, delivery.source_name, delivery.run.run_id)
        if not hospitals.known and "hospitals" not in self._source.tables:
            part = self._source.changes_of("invoices")
            chunks = part.read_keys() if part else self._source.read("invoices")
            hospitals = named_by_rows(chunk.frame for chunk in chunks)
        staged: set[str] = set()
        lookup = database_lookup(
            delivery.connection, delivery.source_name, delivery.batch_id, list(hospitals.known), staged
        )
        for table in tables:
            self._stage(table, RowRules(table, self._source.formats(table.name), hospitals, delivery.run, lookup))
            staged.add(table.name)
        duplicates = {table.name: drop_duplicates(delivery, table) for table in tables}
        counts = []
        for table in tables:
            reject_unrelated(delivery, table, staged)
            if table.name == "patients" and self._identities:
                self._identities.keep_landed()
            counts.append(self._count(table, *duplicates[table.name]))
        return counts

    def _stage(self, table: Table, rules: RowRules) -> None:
        identities = None
        if table.name == "patients":
            identities = self._identities = IdentityStage(self._delivery, self._keys)
        reader = self._source.changes_of(table.name)
        part = plan_part(self._delivery, table, reader, rereading()) if reader else None
        changes = part.changes if part else None
        self._tallies[table.name] = stage_table(
            self._delivery, self._source, rules, identities, self._progress, changes
        )
        if part:
            keep_marks(self._delivery, table, part, has_compared=changes is None or self._compare_keys(part, rules))

    def _compare_keys(self, part: Part, rules: RowRules) -> bool:
        """Read the keys of a table of which only changes were read, if that is due, or a row may have moved to another hospital.

        A row that was never read (it came late, with a mark older than the overlap) makes the table be read whole.

        Returns:
            Whether all keys were read.
        """
        delivery, table = self._delivery, rules.table
        delivery.partial.add(table.name)
        current = current_rows(table)
        if not part.is_comparison_due and not may_have_moved(delivery, table, current, list(rules.hospitals.known)):
            return False
        stage_keys(delivery, table, part.reader)
        if has_never_read(delivery, table, current):
            delivery.partial.discard(table.name)
            quarantine = {"quarantine": sql.Identifier("quarantine", table.name)}
            delivery.execute("delete from {quarantine} where batch_id = %(batch)s", quarantine)
            self._tallies[table.name] = stage_table(delivery, self._source, rules, None, self._progress)
        else:
            delivery.compared.add(table.name)
        return True

    def _count(self, table: Table, rows_duplicate: int, amount_duplicate: Decimal) -> TableCount:
        delivery, tally = self._delivery, self._tallies[table.name]
        difference = append_versions(delivery, table)
        rows_landed, amount_landed = staged_amounts(delivery, table)
        rows_unread, amount_unread = unread(delivery, table)
        quarantine = {"quarantine": sql.Identifier("quarantine", table.name)}
        rejected = delivery.execute(_QUARANTINED, quarantine).fetchone() or (0, Decimal(0))
        count = TableCount(
            run_id=delivery.run.run_id,
            batch_id=delivery.batch_id,
            source_name=delivery.source_name,
            table_name=table.name,
            rows_read=tally.rows,
            rows_landed=rows_landed,
            rows_quarantined=rejected[0],
            rows_duplicate=rows_duplicate,
            rows_unreadable_amount=tally.unreadable_amounts,
            amount_read=tally.amount,
            amount_landed=amount_landed,
            amount_quarantined=rejected[1],
            amount_duplicate=amount_duplicate,
            rows_new=difference.new,
            rows_changed=difference.changed,
            rows_deleted=difference.deleted,
            rows_stale=difference.stale,
            rows_unread=rows_unread,
            amount_unread=amount_unread,
            withheld={name: rows for name, rows in tally.withheld.items() if rows},
        )
        write_count(delivery.connection, count)
        return count
