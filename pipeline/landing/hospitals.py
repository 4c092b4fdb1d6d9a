"""The hospitals that rows may belong to: time zone and currency of each, and how a row without one finds its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from pipeline.landing.dates import Zones
from pipeline.landing.values import Mask, as_mask, present, put
from warehouse.canonical import BY_NAME, Table

_VISIBLE = """
select distinct on (h.source_name, h.hospital_id) h.hospital_id, h.timezone, h.currency, h.source_name, h.is_deleted
from raw.hospitals as h
join ops.batches as b on b.batch_id = h.batch_id
where h.known_to is null and (b.state = 'accepted' or (b.state = 'landed' and b.run_id = %(run)s))
order by h.source_name, h.hospital_id, h.version_id desc
"""
_HAS_REJECTS = """
select exists (
  select from quarantine.hospitals
  where run_id = %(run)s and source_name = %(source)s
    and (record_key is null or record_key <> all(%(known)s))
)
"""
_DEFAULT_ZONE = "UTC"

Lookup = Callable[[str, list[str]], Mapping[str, str | None]]
"""From (table, record keys) to the hospital of each key; None where several hospitals have the key."""


@dataclass(frozen=True)
class Hospital:
    """What landing needs to know of a hospital."""

    hospital_id: str
    timezone: str
    currency: str


class Hospitals:
    """The known hospitals of a run, seen from one source."""

    def __init__(self, known: list[Hospital], own: set[str], has_rejects: bool = False) -> None:
        """Keep ``known`` hospitals of all sources.

        Args:
            known: hospitals visible to the run.
            own: the ids that this source delivered.
            has_rejects: whether hospitals of this source were rejected that are not known: then the only good one need
                not be a row's.
        """
        self.known = {hospital.hospital_id: hospital for hospital in known}
        self.only = next(iter(own)) if len(own) == 1 and not has_rejects else None
        self._is_known_alone = len(self.known) == 1 and not has_rejects
        self._ids = pa.array(list(self.known), pa.large_string())
        zones = [hospital.timezone for hospital in self.known.values()] + [_DEFAULT_ZONE]
        self._zones = tuple(dict.fromkeys(zones))
        self._codes = np.array([self._zones.index(zone) for zone in zones])
        self._currencies = pa.array([hospital.currency for hospital in self.known.values()], pa.large_string())

    def unknown(self, ids: pa.Array) -> Mask:
        """Return the rows that name a hospital which nobody delivered."""
        return present(ids) & ~as_mask(pc.is_in(ids, self._ids))

    def zones(self, ids: pa.Array) -> Zones:
        """Return each row's time zone; UTC for a row without a known hospital."""
        places = pc.index_in(ids, self._ids).fill_null(len(self.known)).to_numpy(zero_copy_only=False)
        return Zones(self._zones, self._codes[places])

    def currencies(self, ids: pa.Array) -> pa.Array:
        """Return the currency of each row's hospital; null for a row without a known hospital."""
        return self._currencies.take(pc.index_in(ids, self._ids))

    def resolve(self, table: Table, texts: Mapping[str, pa.Array], lookup: Lookup) -> tuple[pa.Array, Mask, Mask]:
        """Find the hospital of rows that name none.

        Tries the rows that ``table.hospital_from`` points to, then the only hospital of the source.

        Args:
            table: canonical table.
            texts: its columns, as text.
            lookup: finds hospitals of rows of this source by table and record key.

        Returns:
            The hospital ids, the rows that stay without one, and the rows that could be of several.
        """
        ids = texts["hospital_id"]
        ambiguous = np.zeros(len(ids), dtype=bool)
        if not self._is_known_alone:
            for column, parent in table.hospital_from:
                open_rows = ~present(ids) & present(texts[column]) & ~ambiguous
                if open_rows.any():
                    wanted = texts[column].filter(pa.array(open_rows))
                    found = lookup(parent, wanted.unique().to_pylist())
                    keys = wanted.to_pylist()
                    ids = put(ids, open_rows, pa.array([found.get(key) for key in keys], pa.large_string()))
                    ambiguous[open_rows] = [key in found and found[key] is None for key in keys]
        if self.only:
            fill = ~present(ids) & ~ambiguous
            ids = pc.if_else(pa.array(fill), self.only, ids)
        return ids, ~present(ids) & ~ambiguous, ambiguous


def load_hospitals(connection: psycopg.Connection, source_name: str, run_id: int) -> Hospitals:
    """Read the hospitals visible to this run. Where sources disagree about one, the source's own word counts."""
    rows = connection.execute(_VISIBLE, {"run": run_id}).fetchall()
    rows = sorted((row for row in rows if not row[4]), key=lambda row: (row[3] == source_name, row[3]))
    known = {row[0]: Hospital(row[0], row[1], row[2]) for row in rows}
    own = {row[0] for row in rows if row[3] == source_name}
    places = {"run": run_id, "source": source_name, "known": [hospital.hospital_id for hospital in known.values()]}
    rejected = connection.execute(_HAS_REJECTS, places).fetchone()
    return Hospitals(list(known.values()), own or set(known), bool(rejected and rejected[0]))


def named_by_rows(frames: Iterable[pd.DataFrame]) -> Hospitals:
    """Return the hospitals that invoices name, where no source has a table of hospitals: in UTC and USD."""
    ids: set[str] = set()
    for frame in frames:
        ids.update(frame["hospital_id"].dropna().str.strip().unique())
    # A comma would let one id pass for two in the row policies; such rows are rejected as unknown.
    known = [Hospital(name, _DEFAULT_ZONE, "USD") for name in sorted(ids - {""}) if "," not in name]
    return Hospitals(known, {hospital.hospital_id for hospital in known})


_STAGED = "select p.record_key, p.hospital_id from landing.{table} as p where p.record_key = any(%(keys)s)"
# Deleted rows count: a payment of an invoice that is gone still belongs to the invoice's hospital.
_CURRENT = """
select p.record_key, p.hospital_id from raw.{table} as p
where p.source_name = %(source)s and p.hospital_id = any(%(hospitals)s) and p.record_key = any(%(keys)s)
  and p.known_to is null and p.batch_id in (select batch_id from ops.batches where state = 'accepted')
"""
_REJECTED = """
select p.record_key, p.hospital_id from quarantine.{table} as p
where p.batch_id = %(batch)s and p.record_key = any(%(keys)s)
  and p.hospital_id = any(%(hospitals)s) and not 'hospital_id' = any(p.columns)
"""


def database_lookup(
    connection: psycopg.Connection, source_name: str, batch_id: int, known: list[str], staged: set[str]
) -> Lookup:
    """Return a lookup that asks this delivery, then what the source delivered before, then this delivery's rejects.

    Args:
        connection: transaction of the landing.
        source_name: the source; other sources' rows are never asked.
        batch_id: its batch.
        known: ids of all known hospitals.
        staged: tables whose stage is complete; it may grow.
    """
    indexed: set[str] = set()

    def lookup(table: str, keys: list[str]) -> dict[str, str | None]:
        name = sql.Identifier(table)
        if table in staged and table not in indexed:
            connection.execute(sql.SQL("create index on landing.{} (record_key)").format(name))
            connection.execute(sql.SQL("analyze landing.{}").format(name))
            indexed.add(table)
        found: dict[str, str | None] = {}
        queries = ([_STAGED] if table in staged else []) + [_CURRENT, _REJECTED]
        if len(BY_NAME[table].key) != 1:
            raise ValueError(f"hospital_from names {table}, whose key has several columns")
        for query in queries:
            left = [key for key in keys if key not in found]
            if not left:
                break
            places = {"source": source_name, "batch": batch_id, "hospitals": known, "keys": left}
            several: dict[str, set[str]] = {}
            for key, hospital in connection.execute(sql.SQL(query).format(table=name), places):
                several.setdefault(key, set()).add(hospital)
            found |= {key: next(iter(ids)) if len(ids) == 1 else None for key, ids in several.items()}
        return found

    return lookup
