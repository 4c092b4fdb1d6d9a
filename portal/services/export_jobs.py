"""Files that the worker makes: asked for here with their job, begun, told how far they are, and kept piece by piece."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import IO, Any

from sqlalchemy import Connection, text

from portal.exports.writing import Written
from portal.models import db
from portal.queries.export_reach import WORKER, Reader, act_for
from portal.services import audit
from portal.services.audit import Entry
from portal.services.conflicts import ConflictError
from portal.services.exports import Made, details_of
from warehouse import jobs

_PIECE = 1024 * 1024
_MOST_UNDER_WAY = 5  # files of one person: the worker makes one after the other, for everybody
_UNDER_WAY = text("""
  select count(*) from portal.export_log
  where user_id = :user and schedule_id is null and status in ('waiting', 'running')
""")
_ASK = text("""
  insert into portal.export_log (
    export_type, entity_type, user_id, filters, fields, hospital_ids, status, rows_expected, schedule_id,
    date_range_start, date_range_end)
  values (
    :export_type, :entity_type, :user_id, cast(:filters as jsonb), :fields, :hospitals, 'waiting', :expected, :schedule,
    :start, :end)
  returning id
""")
_WHOSE = text("select user_id, hospital_ids from portal.export_log where id = :number")
_BEGIN = text("""
  update portal.export_log as l
  set status = 'running', rows_done = 0
  where l.id = :number and l.status in ('waiting', 'running')
  returning l.id, l.user_id, l.entity_type, l.export_type, l.filters, l.fields, l.schedule_id,
    l.hospital_ids
""")
_EXPECT = text("update portal.export_log set rows_expected = :rows where id = :number")
_TELL = text("update portal.export_log set rows_done = :rows where id = :number")
_HOLD = text("select 1 from portal.export_log where id = :number and status = 'running' for update")
_EMPTY = text("delete from portal.export_chunks where export_id = :number")
_KEEP = text("insert into portal.export_chunks (export_id, number, content) values (:number, :part, :content)")
_FINISH = text("""
  update portal.export_log
  set status = 'finished', finished_at = clock_timestamp(), is_kept = true, filename = :filename, file_size = :size,
      row_count = :rows, rows_done = :rows, sha256 = :sha256, build_id = :build_id, date_range_start = :start,
      date_range_end = :end, hospital_ids = :hospitals, providers = cast(:providers as jsonb), has_patients = :has_patients
  where id = :number and status = 'running'
""")
_FAIL = text("""
  update portal.export_log set status = :status, problem = :problem, finished_at = clock_timestamp()
  where id = :number and status in ('waiting', 'running')
""")


_HOSPITALS = text("select hospital_id from portal.user_hospitals where user_id = :user order by 1")


class GivenUpError(Exception):
    """The worker gave a file up while it was being made: its line says so, and stays as it is."""


@dataclass(frozen=True)
class Asked:
    """What is to be made, for whom: an order, by its parts.

    Attributes:
        hospital_ids: whose figures it has, as far as they are known before it is made.
        expected: how many rows it will have, None where nobody counted.
        schedule: number of the schedule whose copy it is.
    """

    user_id: int
    entity_type: str
    export_type: str
    filters: Mapping[str, Sequence[str]]
    fields: Sequence[str]
    hospital_ids: Sequence[str] = ()
    expected: int | None = None
    schedule: int | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Job:
    """A file that is being made.

    Attributes:
        hospital_ids: those it was asked for with, which may not all be its reader's any more.
    """

    id: int
    user_id: int
    entity_type: str
    export_type: str
    filters: dict[str, list[str]]
    fields: list[str]
    schedule_id: int | None
    hospital_ids: list[str]

    @property
    def reader(self) -> Reader:
        """Who it is made for, as far as its line goes."""
        return Reader(self.user_id, self.hospital_ids)


def ask(asked: Asked, own_hospitals: Sequence[str], entry: Entry) -> int:
    """Queue a file and return its number. Line of the log, job and audit record are one transaction.

    Args:
        asked: what is to be made.
        own_hospitals: all hospitals of who asks.
        entry: the audit record; number and order are filled in.

    Raises:
        AuditUnavailableError: if it could not be recorded; nothing is queued.
        ConflictError: if as many as one person may have are under way.
    """
    with db.engine.begin() as connection:
        act_for(connection, Reader(asked.user_id, own_hospitals))
        if connection.execute(_UNDER_WAY, {"user": asked.user_id}).scalar_one() >= _MOST_UNDER_WAY:
            raise ConflictError(f"{_MOST_UNDER_WAY} files of yours are under way: ask again when one of them is made.")
        number = queue(connection, asked)
        values = {"entity": asked.entity_type, "format": asked.export_type, "fields": list(asked.fields)}
        audit.record(replace(entry, resource_id=str(number), new_values=values), connection)
    return number


def queue(connection: Connection, asked: Asked) -> int:
    """Queue a file in the transaction of ``connection``, which acts for its reader. Its ``search_path`` changes.

    Returns:
        The file's number.
    """
    values = {
        "export_type": asked.export_type, "entity_type": asked.entity_type, "user_id": asked.user_id,
        "filters": json.dumps({name: list(given) for name, given in asked.filters.items()}), "fields": list(asked.fields),
        "hospitals": list(asked.hospital_ids), "expected": asked.expected, "schedule": asked.schedule,
        "start": asked.start, "end": asked.end,
    }  # fmt: skip
    number = int(connection.execute(_ASK, values).scalar_one())
    jobs.defer_export(connection, number)
    return number


def begin(number: int) -> Job | None:
    """Take a file up, and return what it is to be; None if it is made already, or given up."""
    with db.engine.begin() as connection:
        whose = act_for(connection, WORKER).execute(_WHOSE, {"number": number}).one_or_none()
        if whose is None:
            return None
        act_for(connection, Reader(whose.user_id, whose.hospital_ids))
        row = connection.execute(_BEGIN, {"number": number}).mappings().one_or_none()
    return Job(**row) if row else None


def expect(job: Job, rows: int) -> None:
    """Note how many rows a file will have."""
    _write(_EXPECT, job, rows)


def tell(job: Job, rows: int) -> None:
    """Note how many rows of a file are written."""
    _write(_TELL, job, rows)


def finish(connection: Connection, number: int, made: Made, written: Written, file: IO[bytes]) -> None:
    """Keep the content of a file and say that it is made, in the transaction of ``connection``.

    Raises:
        GivenUpError: if the line of the log says that it is not being made any more; nothing is kept.
    """
    act_for(connection, made.reader)
    if connection.execute(_HOLD, {"number": number}).one_or_none() is None:
        raise GivenUpError("It was given up while it was being made.")
    connection.execute(_EMPTY, {"number": number})
    file.seek(0)
    part = 0
    while content := file.read(_PIECE):
        connection.execute(_KEEP, {"number": number, "part": part, "content": content})
        part += 1
    values = {"filename": written.name, "rows": written.rows, "size": written.size, "sha256": written.sha256}
    connection.execute(_FINISH, made.parameters | values | {"number": number})


def fail(job: Job, problem: str, entry: Entry, *, refused: bool = False) -> None:
    """Say why a file is not made, with its audit record; ``refused``: its reader may not have it."""
    outcome = "denied" if refused else "failed"
    values = {"number": job.id, "problem": problem, "status": "refused" if refused else "failed"}
    with db.engine.begin() as connection:
        act_for(connection, job.reader).execute(_FAIL, values)
        hospitals: tuple[str, ...] = tuple(connection.execute(_HOSPITALS, {"user": job.user_id}).scalars())
        details: dict[str, Any] = {"entity": job.entity_type, "problem": problem, "for_user": str(job.user_id)}
        about = replace(entry, resource_id=str(job.id), hospital_ids=hospitals, outcome=outcome, details=details)
        audit.record(about, connection)


def record_made(connection: Connection, job: Job, written: Written, entry: Entry) -> None:
    """Write the audit record of a made file, as the last statement of the transaction of ``connection``."""
    details = details_of(written) | {"entity": job.entity_type, "for_user": str(job.user_id)}
    audit.record(replace(entry, resource_id=str(job.id), details=details), connection)


def _write(statement: Any, job: Job, rows: int) -> None:
    with db.engine.begin() as connection:
        act_for(connection, job.reader).execute(statement, {"number": job.id, "rows": rows})
