"""The log of exports: every file that was made of figures, for whom, of what, and its checksum."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from portal.exports.writing import Written
from portal.models import db
from portal.queries.export_reach import Reader, act_for
from portal.services import audit
from portal.services.audit import Entry

_LOG = text("""
  insert into portal.export_log (
    export_type, entity_type, date_range_start, date_range_end, filename, file_size, user_id, filters, fields, hospital_ids,
    providers, build_id, row_count, sha256, finished_at, has_patients)
  values (
    :export_type, :entity_type, :start, :end, :filename, :size, :user_id, cast(:filters as jsonb), :fields, :hospitals,
    cast(:providers as jsonb), :build_id, :rows, :sha256, clock_timestamp(), :has_patients)
""")


@dataclass(frozen=True)
class Made:
    """What a file was made of.

    Attributes:
        entity_type: what it lists: a report, an entity of the exports, a part of a page.
        user_id: whose rights it was made under.
        hospital_ids: whose figures it has.
        own_hospitals: all hospitals of that user.
        start: first day, if it has one.
        end: last day, or the day it is of.
        filters: what else limits it, by the names of the API: ids, dates and choices, never what was typed into a search.
        providers: hospital and id of the providers its reader is linked to; None: not bound to any.
    """

    entity_type: str
    export_type: str
    user_id: int
    hospital_ids: Sequence[str]
    own_hospitals: Sequence[str]
    build_id: int | None = None
    start: date | None = None
    end: date | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fields: Sequence[str] = ()
    providers: Sequence[tuple[str, str]] | None = None
    has_patients: bool = False

    @property
    def reader(self) -> Reader:
        """Whose file it is."""
        return Reader(self.user_id, self.own_hospitals)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        providers = None if self.providers is None else json.dumps([list(one) for one in self.providers])
        return {
            "entity_type": self.entity_type, "export_type": self.export_type, "user_id": self.user_id,
            "hospitals": list(self.hospital_ids), "build_id": self.build_id, "start": self.start, "end": self.end,
            "filters": json.dumps({name: list(values) for name, values in self.filters.items()}),
            "fields": list(self.fields), "providers": providers, "has_patients": self.has_patients,
        }  # fmt: skip


def log(made: Made, written: Written, entry: Entry) -> None:
    """Note a file that was sent, with its audit record, in one transaction.

    Raises:
        AuditUnavailableError: if it could not be recorded.
    """
    with db.engine.begin() as connection:
        note(connection, made, written)
        audit.record(entry_of(entry, written), connection)


def note(connection: Connection, made: Made, written: Written) -> None:
    """Note a file in the transaction of ``connection``, whose last statement is its audit record."""
    values = {"filename": written.name, "rows": written.rows, "size": written.size, "sha256": written.sha256}
    act_for(connection, made.reader).execute(_LOG, made.parameters | values)


def entry_of(entry: Entry, written: Written) -> Entry:
    """Return the audit record of a file, with what it turned out to be."""
    return replace(entry, details=entry.details | details_of(written))


def details_of(written: Written) -> dict[str, Any]:
    """Return what an audit record says of a file."""
    return {
        "file": written.name,
        "format": written.name.rpartition(".")[2],
        "rows": written.rows,
        "bytes": written.size,
        "sha256": written.sha256,
    }
