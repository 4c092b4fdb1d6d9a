"""Scheduled exports that are due: a copy for each recipient is queued, of the week or month that is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from portal.builds import NoBuildError
from portal.models import db
from portal.queries.export_reach import WORKER, Reader, act_for
from portal.services import audit, export_jobs
from portal.services.audit import Entry
from portal.services.export_jobs import Asked
from portal.services.export_plans import next_due, period

# The business date of the owner's hospitals; of those that differ the earliest, so that no day of the period is to come.
_DUE = text("""
  with live as (
    select dates.hospital_id, dates.business_date
    from ops.business_dates as dates
    join ops.builds as builds on builds.build_id = dates.build_id and builds.state = 'live'
  ),
  dated as (
    select s.id, coalesce(
      (select min(live.business_date) from live
       join portal.user_hospitals as h on h.hospital_id = live.hospital_id and h.user_id = s.user_id),
      (select min(live.business_date) from live)
    ) as business_date
    from portal.export_schedules as s
    where s.ended_at is null
  )
  select
    s.id, s.entity_type, s.export_type, s.filters, s.fields, s.rhythm, dated.business_date,
    array(select h.hospital_id from portal.user_hospitals as h where h.user_id = s.user_id order by 1) as hospitals
  from portal.export_schedules as s
  join dated on dated.id = s.id
  where s.next_due <= dated.business_date
  order by s.id
  for update of s skip locked
  limit 1
""")
_IS_PUBLISHED = text("select exists (select from ops.builds where state = 'live')")
_RECIPIENTS = text("select user_id from portal.export_recipients where schedule_id = :number order by 1")
_NEXT = text("update portal.export_schedules set next_due = :due where id = :number")


def queue_due(entry: Entry) -> int:
    """Queue the copies of every schedule that is due, each schedule in a transaction with its audit record.

    Args:
        entry: the audit record; the schedule's number and its copies are filled in.

    Returns:
        How many copies were queued.

    Raises:
        NoBuildError: if nothing was ever published.
    """
    with db.engine.begin() as connection:
        is_published = bool(connection.execute(_IS_PUBLISHED).scalar_one())
    if not is_published:
        raise NoBuildError
    count = 0
    while (queued := _queue_one(entry)) is not None:
        count += queued
    return count


def _queue_one(entry: Entry) -> int | None:
    with db.engine.begin() as connection:
        found = [dict(row) for row in act_for(connection, WORKER).execute(_DUE).mappings()]
        if not found:
            return None
        (due,) = found
        readers: list[int] = list(connection.execute(_RECIPIENTS, {"number": due["id"]}).scalars())
        copies = [_queue_copy(connection, due, reader) for reader in readers]
        following = next_due(due["rhythm"], due["business_date"])
        act_for(connection, WORKER).execute(_NEXT, {"number": due["id"], "due": following})
        new: dict[str, Any] = {"exports": copies, "next_due": following.isoformat()}
        about = replace(entry, resource_id=str(due["id"]), hospital_ids=tuple(due["hospitals"]), new_values=new)
        audit.record(about, connection)
        return len(copies)


def _queue_copy(connection: Connection, due: dict[str, Any], reader: int) -> int:
    act_for(connection, Reader(reader, ()))  # of which hospitals it is, is known when it is made
    return export_jobs.queue(connection, _copy(due, reader))


def _copy(due: dict[str, Any], reader: int) -> Asked:
    days = period(due["rhythm"], due["business_date"])
    filters = due["filters"] | _dates(due["filters"], days.start, days.end)
    return Asked(
        reader, due["entity_type"], due["export_type"], filters, due["fields"], schedule=due["id"], start=days.start, end=days.end
    )  # fmt: skip


def _dates(filters: dict[str, list[str]], start: date, end: date) -> dict[str, list[str]]:
    """Return the dates of a copy, in the place of those that the schedule was made with."""
    given: dict[str, str] = {"startDate": start.isoformat(), "endDate": end.isoformat(), "month": f"{end:%Y-%m}"}
    return {name: [value] for name, value in given.items() if name in filters}
