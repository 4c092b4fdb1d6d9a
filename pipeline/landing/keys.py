"""The keys of all rows that a source has: when only changes are read, they tell which rows are gone and which were never read."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from pipeline.landing.delivery import Delivery, copy_rows, names_of
from pipeline.landing.values import column_text, parse_text
from pipeline.sources.base import ChangeReader
from warehouse.canonical import Table

_TEXT = pa.large_string()
_STAGE = """
create table {keys} (record_key text collate "C", hospital_id text collate "C")
"""
# A key that is current, but in another hospital: the row may have moved, and would count twice.
_MOVED = """
select exists (
  select from {stage} as s
  where exists (
      select from ({current}) as c
      where c.record_key = s.record_key and c.hospital_id = any(%(hospitals)s) and c.hospital_id <> s.hospital_id
        and not c.is_deleted
    )
    and not exists (select from ({current}) as c where {match} and not c.is_deleted)
)
"""
_NEVER_READ = """
select exists (
  select from {keys} as k
  where k.record_key is not null
    and not exists (select from {stage} as s where {same_in_stage})
    and not exists (select from ({current}) as c where not c.is_deleted and {same_as_current})
    and not exists (select from {quarantine} as q where q.batch_id = %(batch)s and q.record_key = k.record_key)
)
"""


def keys_stage(table: Table) -> sql.Identifier:
    """Return the stage of a table's keys."""
    return sql.Identifier("landing", f"keys_{table.name}")


def same_key(alias: str) -> sql.Composed:
    """Return the condition that key ``k`` is that of a row: in its hospital, or in any if the source does not say."""
    return sql.SQL(
        "{0}.record_key = k.record_key and (k.hospital_id is null or k.hospital_id = {0}.hospital_id)"
    ).format(sql.Identifier(alias))


def stage_keys(delivery: Delivery, table: Table, reader: ChangeReader) -> None:
    """Read the keys of all rows. One that could not be a key has none: it may be that of any row."""
    names = {"keys": keys_stage(table)}
    delivery.execute("drop table if exists {keys}", names)
    delivery.execute(_STAGE, names)
    for chunk in reader.read_keys():
        parts = [parse_text(column_text(chunk.frame, name), is_id=True).values for name in table.key]
        hospital = parse_text(column_text(chunk.frame, "hospital_id"), is_id=True).values
        joined = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, pa.scalar("|", _TEXT))
        copy_rows(delivery.connection, names["keys"], pa.table({"record_key": joined, "hospital_id": hospital}))
        unread = pa.nulls(len(chunk.unreadable), _TEXT)
        copy_rows(delivery.connection, names["keys"], pa.table({"record_key": unread, "hospital_id": unread}))
    delivery.execute("create index on {keys} (record_key)", names)
    delivery.execute("analyze {keys}", names)


def may_have_moved(delivery: Delivery, table: Table, current: sql.Composable, hospitals: list[str]) -> bool:
    """Return whether a row of the stage is known in another one of the ``hospitals``, and not in its own."""
    return len(hospitals) > 1 and _is(delivery, _MOVED, names_of(table) | {"current": current}, hospitals=hospitals)


def has_never_read(delivery: Delivery, table: Table, current: sql.Composable) -> bool:
    """Return whether the source has a row that is neither known nor in this delivery: it came late, with an old mark."""
    names = names_of(table) | {"current": current, "keys": keys_stage(table)}
    names |= {"same_in_stage": same_key("s"), "same_as_current": same_key("c")}
    return _is(delivery, _NEVER_READ, names)


def _is(delivery: Delivery, query: str, names: dict[str, sql.Composable], **values: object) -> bool:
    row = delivery.execute(query, names, **values).fetchone()
    return bool(row and row[0])
