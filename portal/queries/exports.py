"""The log of exports, files that are kept, templates and schedules, as their owners and administrators see them.

The connection of each is one that acts for the reader (``export_reach.act_for``): others see nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from portal.queries.export_reach import Reader
from portal.queries.sql import rows, values

_SEEN = """(
    :user = {owner}
    or :manages and (:everything or l.hospital_ids <> '{{}}' and l.hospital_ids <@ cast(:hospitals as text[]))
)"""
_FROM = f"""
    from portal.export_log as l
    inner join portal.users as u on u.id = l.user_id
    where {_SEEN.format(owner="l.user_id")}
      and (cast(:entity as text) is null or l.entity_type = :entity)
      and (cast(:format as text) is null or l.export_type = :format)
      and (cast(:status as text) is null or l.status = :status)"""
_COLUMNS = """
    select l.id, l.export_date, l.export_type, l.entity_type, l.date_range_start, l.date_range_end, l.filename, l.file_size,
           l.user_id, u.email as who, l.filters, l.fields, l.hospital_ids, l.providers, l.build_id, l.row_count, l.sha256,
           l.status, l.problem, l.rows_expected, l.rows_done, l.is_kept, l.schedule_id"""
_TEMPLATES = """
    select t.id, t.user_id, u.email as who, t.hospital_id, t.name, t.entity_type, t.export_type, t.filters, t.fields
    from portal.export_templates as t
    inner join portal.users as u on u.id = t.user_id
    where t.user_id = :user or t.hospital_id = any (cast(:hospitals as text[]))
    order by t.user_id <> :user, lower(t.name), t.id"""
# Somebody's schedule is managed by who has all the hospitals of everybody in it: a function says so, as nobody sees everybody.
_SCHEDULES = """
    select s.id, s.user_id, u.email as who, s.name, s.entity_type, s.export_type, s.filters, s.fields, s.rhythm, s.next_due,
           rights.is_own or rights.is_managed as may_end, rights.is_read as may_leave,
           array(
             select reader.email from portal.export_recipients as r
             inner join portal.users as reader on reader.id = r.user_id
             where r.schedule_id = s.id and (rights.is_own or rights.is_managed or r.user_id = :user) order by 1
           ) as recipients
    from portal.export_schedules as s
    inner join portal.export_schedule_rights() as rights on rights.schedule_id = s.id
    inner join portal.users as u on u.id = s.user_id
    where s.ended_at is null
    order by lower(s.name), s.id"""
_CHUNK = text("select content from portal.export_chunks where export_id = :number and number = :part")


@dataclass(frozen=True)
class Export:
    """A line of the log; ``rows_expected`` is None where it was not counted."""

    id: int
    export_date: datetime
    export_type: str
    entity_type: str
    date_range_start: date | None
    date_range_end: date | None
    filename: str
    file_size: int | None
    user_id: int
    who: str
    filters: dict[str, list[str]]
    fields: list[str]
    hospital_ids: list[str]
    providers: list[list[str]] | None
    build_id: int | None
    row_count: int | None
    sha256: str | None
    status: str
    problem: str | None
    rows_expected: int | None
    rows_done: int
    is_kept: bool
    schedule_id: int | None

    @property
    def is_under_way(self) -> bool:
        """Whether the worker has still to make it, or is at it."""
        return self.status in ("waiting", "running")


@dataclass(frozen=True)
class OwnTemplate:
    """A template that somebody made; ``hospital_id`` None is for its owner alone."""

    id: int
    user_id: int
    who: str
    hospital_id: str | None
    name: str
    entity_type: str
    export_type: str
    filters: dict[str, list[str]]
    fields: list[str]


@dataclass(frozen=True)
class Schedule:
    """What is made again and again, and who gets it: of ``recipients``, those that who asks may know of."""

    id: int
    user_id: int
    who: str
    name: str
    entity_type: str
    export_type: str
    filters: dict[str, list[str]]
    fields: list[str]
    rhythm: str
    next_due: date
    may_end: bool
    may_leave: bool
    recipients: list[str]


@dataclass(frozen=True)
class HistoryFilter:
    """Which lines of the log; None does not limit."""

    entity: str | None = None
    format: str | None = None
    status: str | None = None


def history(connection: Connection, reader: Reader, asked: HistoryFilter, page: int, limit: int) -> list[Export]:
    """Return one page of the log, newest first."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    sql = f"{_COLUMNS} {_FROM} order by l.id desc limit :limit offset :offset"
    return rows(connection, sql, _asked(reader, asked) | part, Export)


def history_count(connection: Connection, reader: Reader, asked: HistoryFilter) -> int:
    """Return how many lines ``asked`` selects."""
    return int(values(connection, f"select count(*) {_FROM}", **_asked(reader, asked))[0])


def find_export(connection: Connection, reader: Reader, number: int) -> Export | None:
    """Return a line of the log, None if there is none that ``reader`` may see."""
    sql = f"{_COLUMNS} {_FROM} and l.id = :number"
    found = rows(connection, sql, _asked(reader, HistoryFilter()) | {"number": number}, Export)
    return found[0] if found else None


def templates(connection: Connection, reader: Reader) -> list[OwnTemplate]:
    """Return the templates that ``reader`` may use: own ones first, then those of the own hospitals, by name."""
    return rows(connection, _TEMPLATES, {"user": reader.user_id, "hospitals": list(reader.hospitals)}, OwnTemplate)


def schedules(connection: Connection, reader: Reader) -> list[Schedule]:
    """Return the schedules that run: own ones, those whose copies ``reader`` gets, and those whose people ``reader`` manages."""
    return rows(connection, _SCHEDULES, {"user": reader.user_id}, Schedule)


def content(connection: Connection, number: int) -> Iterator[bytes]:
    """Yield the pieces of a kept file, in order."""
    part = 0
    while (piece := connection.execute(_CHUNK, {"number": number, "part": part}).scalar()) is not None:
        yield bytes(piece)
        part += 1


def _asked(reader: Reader, asked: HistoryFilter) -> dict[str, Any]:
    return reader.parameters | {"entity": asked.entity, "format": asked.format, "status": asked.status}
