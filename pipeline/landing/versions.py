"""Compare a stage with what is current in ``raw``; append new versions, and tombstones for what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from psycopg import sql

from pipeline.landing.delivery import Delivery, identity_columns, names_of
from pipeline.landing.keys import keys_stage, same_key
from warehouse.canonical import Table

_CURRENT = """
  select * from {raw}
  where source_name = %(source)s and known_to is null
    and batch_id in (select batch_id from ops.batches where state = 'accepted')
"""
_FIRST = """
insert into {raw} (source_name, record_key, row_hash, batch_id, known_from, {columns})
select %(source)s, s.record_key, {hash}::uuid, %(batch)s, %(instant)s, {s_columns}
from {stage} as s
"""
_DIFFERENT = """
create table landing.different as
select s.row_id, s.row_hash, c.version_id is not null and not c.is_deleted as is_change
from (select s.row_id, {s_keys}, {hash}::uuid as row_hash from {stage} as s) as s
left join ({current}) as c on {match}
where c.version_id is null or c.is_deleted or c.row_hash <> s.row_hash
"""
_NEXT = """
insert into {raw} (source_name, record_key, row_hash, batch_id, known_from, {columns})
select %(source)s, s.record_key, d.row_hash, %(batch)s, %(instant)s, {s_columns}
from {stage} as s join landing.different as d using (row_id)
"""
_MISSING = """
create table landing.missing as
select c.version_id, c.record_key, {hospital} as hospital_id, {first} as first_key, false as is_held
from ({current}) as c
where not c.is_deleted and not exists (select from {stage} as s where {match}) and {not_seen}
"""
_NOT_SEEN = "not exists (select from {keys} as k where {same})"
_KEYS_NOBODY_CAN_READ = """
insert into landing.rejects select distinct hospital_id, null, null from {keys} where record_key is null
"""
# Of rows that were read in part only those that were rejected are known to have a newer version.
_STALE = """
select count(*) from ({current}) as c
where not c.is_deleted and exists (
  select from {quarantine} as q
  where q.batch_id = %(batch)s and q.record_key = c.record_key and (q.hospital_id is null or q.hospital_id = c.hospital_id)
)
"""
_UNREAD = """
with held as (select count(*) as rows, sum({c_amount}) as amount from ({current}) as c where not c.is_deleted),
read as (
  select count(*) as rows, sum({c_amount}) as amount from {stage} as s join ({current}) as c on {match} where not c.is_deleted
),
gone as (select count(*) as rows, sum({c_amount}) as amount from {raw} as c where c.batch_id = %(batch)s and c.is_deleted)
select held.rows - read.rows - gone.rows,
  coalesce(held.amount, 0) - coalesce(read.amount, 0) - coalesce(gone.amount, 0)
from held, read, gone
"""
# A rejected row whose hospital could not be read, or is not known, may be of any.
_REJECTS = """
create table landing.rejects as
select distinct
  case when not 'hospital_id' = any(columns) then hospital_id end as hospital_id,
  record_key,
  case when record_key is null then btrim(row_data ->> %(first)s) end as first_key
from {quarantine}
where batch_id = %(batch)s
"""
_HOLD = """
update landing.missing as m set is_held = true
from landing.rejects as r
where not m.is_held and {same} and (r.hospital_id is null or m.hospital_id is null or r.hospital_id = m.hospital_id)
"""
_SAME = (
    "r.record_key = m.record_key",
    "r.record_key is null and r.first_key = m.first_key",
    # Nothing says which row it was: it may be any of those that seem to be gone.
    "r.record_key is null and r.first_key is null",
)
_TOMBSTONES = """
insert into {raw} (source_name, record_key, row_hash, batch_id, is_deleted, known_from, {columns})
select c.source_name, c.record_key, c.row_hash, %(batch)s, true, %(instant)s, {c_columns}
from {raw} as c join landing.missing as m using (version_id)
where not m.is_held
"""


@dataclass(frozen=True)
class Difference:
    """How a delivery differs from what was current, in rows."""

    new: int = 0
    changed: int = 0
    deleted: int = 0
    stale: int = 0


def append_versions(delivery: Delivery, table: Table) -> Difference:
    """Append to ``raw.<table>`` what differs from the accepted versions of the source.

    A row that is gone from the delivery gets a tombstone, unless a rejected row of the delivery is, or may be, its new
    version: then the last good version stays and counts as stale. A rejected row that does not say which row it is
    (unreadable line, missing key) holds back every deletion that it could explain: in its hospital, if that is read.

    Returns:
        The counts. A row that comes back after its deletion counts as new.
    """
    if not delivery.has_history:
        return Difference(new=delivery.execute(_FIRST, names_of(table)).rowcount)
    names = names_of(table) | {"current": current_rows(table)}
    delivery.execute("drop table if exists landing.different")
    appended = delivery.execute(_DIFFERENT, names).rowcount
    changed = 0
    if appended:
        delivery.execute("analyze landing.different")
        delivery.execute(_NEXT, names)
        changed = _count(delivery, "select count(*) from landing.different where is_change", {})
    delivery.execute("drop table landing.different")
    deleted = stale = 0
    if table.name not in delivery.partial or table.name in delivery.compared:
        deleted, stale = _bury(delivery, table, names)
    if table.name in delivery.partial:
        stale += _count(delivery, _STALE, names)
    return Difference(appended - changed, changed, deleted, stale)


def current_rows(table: Table) -> sql.Composed:
    """Return the query for the accepted current versions of the source."""
    return sql.SQL(_CURRENT).format(**names_of(table))


def unread(delivery: Delivery, table: Table) -> tuple[int, Decimal]:
    """Return number and controlled amount of the rows that the source still has and that this delivery left unread."""
    if table.name not in delivery.partial:
        return 0, Decimal(0)
    amount = sql.Identifier("c", table.money) if table.money else sql.SQL("0")
    row = delivery.execute(_UNREAD, names_of(table) | {"current": current_rows(table), "c_amount": amount}).fetchone()
    return (row[0], Decimal(row[1])) if row else (0, Decimal(0))


def _bury(delivery: Delivery, table: Table, names: dict[str, sql.Composable]) -> tuple[int, int]:
    hospital = sql.Identifier("c", "hospital_id") if table.per_hospital else sql.SQL("null::text")
    first = sql.Identifier("c", table.key[0])
    delivery.execute("drop table if exists landing.missing, landing.rejects")
    is_compared = table.name in delivery.compared
    not_seen = sql.SQL(_NOT_SEEN).format(keys=keys_stage(table), same=same_key("c")) if is_compared else sql.SQL("true")
    more = {"hospital": hospital, "first": sql.SQL("{}::text").format(first), "not_seen": not_seen}
    missing = delivery.execute(_MISSING, names | more).rowcount
    stale = deleted = 0
    if missing:
        delivery.execute("analyze landing.missing")
        key_is_compound = len(table.key) > 1 and table.column(table.key[0]).type == "text"
        delivery.execute(_REJECTS, names, first=table.key[0] if key_is_compound else "")
        if is_compared:
            delivery.execute(_KEYS_NOBODY_CAN_READ, {"keys": keys_stage(table)})
        for same in _SAME:
            delivery.execute(_HOLD, {"same": sql.SQL(same)})
        stale = _count(delivery, "select count(*) from landing.missing where is_held", {})
        deleted = delivery.execute(_TOMBSTONES, names).rowcount
        delivery.execute("drop table landing.rejects")
    delivery.execute("drop table landing.missing")
    return deleted, stale


def _count(delivery: Delivery, query: str, names: dict[str, sql.Composable]) -> int:
    row = delivery.execute(query, names).fetchone()
    return int(row[0]) if row else 0


def supersede(delivery_batch: int, source_name: str, table: Table) -> tuple[sql.Composed, dict[str, object]]:
    """Return the statement that ends the versions which a batch's versions replace, and its values."""
    same = sql.SQL(" and ").join(
        sql.SQL("old.{0} = new.{0}").format(sql.Identifier(key)) for key in identity_columns(table)
    )
    query = sql.SQL(
        "update {raw} as old set known_to = new.known_from from {raw} as new"
        " where new.batch_id = %(batch)s and old.source_name = %(source)s and {same}"
        " and old.known_to is null and old.batch_id <> %(batch)s"
        " and old.batch_id in (select batch_id from ops.batches where state = 'accepted')"
    ).format(raw=sql.Identifier("raw", table.name), same=same)
    return query, {"batch": delivery_batch, "source": source_name}
