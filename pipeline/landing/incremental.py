"""Which rows of a table a run reads: all, or what changed since the last accepted batch of its source.

Marks are those of the last accepted batch, so what a refused run read is read again. Rows that this batch rejected are read again
whatever their mark: they may be good by now without having changed (their invoice has come, their day has come).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import sql

from pipeline.landing.delivery import Delivery
from pipeline.settings import Rereading
from pipeline.sources.base import ChangeReader
from pipeline.sources.changes import Changes, spans
from warehouse.canonical import Table

# More stretches of days than that make a query that takes longer than reading the table.
_MOST_SPANS = 200
_LAST = """
select w.signature, w.marks, w.keys_compared_at, w.runs_since_comparison, w.batch_id
from ops.watermarks as w
where w.table_name = %(table)s
  and w.batch_id = (select max(batch_id) from ops.batches where source_name = %(source)s and state = 'accepted')
"""
_REJECTED = "select distinct row_data is null, row_data ->> 'updated_at' from {quarantine} where batch_id = %(last)s"
_KEEP = """
insert into ops.watermarks (batch_id, table_name, signature, marks, keys_compared_at, runs_since_comparison)
values (%(batch)s, %(table)s, %(signature)s, %(marks)s, %(compared_at)s, %(runs)s)
"""


@dataclass(frozen=True)
class Last:
    """What the last accepted batch of the source left for a table."""

    signature: str
    marks: Mapping[str, str]
    compared_at: datetime
    runs: int
    batch_id: int


@dataclass(frozen=True)
class Part:
    """How one table that can be read in part is read by this delivery.

    Attributes:
        reader: reads it.
        marks: its highest marks now.
        changes: what to read; None for all.
        last: what the last accepted batch left; None for all.
        is_comparison_due: whether the keys of all rows are read, to find those that are gone.
    """

    reader: ChangeReader
    marks: Mapping[str, datetime]
    changes: Changes | None = None
    last: Last | None = None
    is_comparison_due: bool = False


def plan_part(delivery: Delivery, table: Table, reader: ChangeReader, rules: Rereading) -> Part:
    """Return how to read a table: whole the first time, with another mapping, and where marks say nothing; else what changed."""
    marks = reader.newest(delivery.run.instant)
    row = delivery.execute(_LAST, table=table.name).fetchone()
    last = Last(*row) if row else None
    if last is None or last.signature != reader.signature or not last.marks:
        return Part(reader, marks)
    days = _days_of_rejects(delivery, table, last)
    if days is None:
        return Part(reader, marks)
    since = {name: datetime.fromisoformat(mark) - rules.overlap for name, mark in last.marks.items()}
    again = spans(days)
    if len(again) > _MOST_SPANS:
        earliest = datetime.combine(again[0][0], datetime.min.time())
        since, again = {name: min(mark, earliest) for name, mark in since.items()}, ()
    is_due = rules.is_due(last.compared_at, last.runs, delivery.run.instant)
    return Part(reader, marks, Changes(since, again), last, is_due)


def _days_of_rejects(delivery: Delivery, table: Table, last: Last) -> set[date] | None:
    """Return the days of the marks of rejected rows, or None if one of them has a mark that says no day."""
    names = {"quarantine": sql.Identifier("quarantine", table.name)}
    days: set[date] = set()
    for is_unreadable, mark in delivery.execute(_REJECTED, names, last=last.batch_id):
        if is_unreadable:
            return None
        if mark is not None and mark[:4].isdigit():  # what has no year is read always
            try:
                days.add(datetime.fromisoformat(mark).date())
            except ValueError:
                return None
    return days


def keep_marks(delivery: Delivery, table: Table, part: Part, has_compared: bool) -> None:
    """Store how far the table was read; it counts once the batch is accepted."""
    values: dict[str, Any] = {"compared_at": delivery.run.instant, "runs": 0}
    if part.last and not has_compared:
        values = {"compared_at": part.last.compared_at, "runs": part.last.runs + 1}
    marks = json.dumps({name: mark.isoformat() for name, mark in part.marks.items()})
    delivery.execute(_KEEP, table=table.name, signature=part.reader.signature, marks=marks, **values)
