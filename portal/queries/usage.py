"""Which reports were opened, from the audit log: by report and role, in a period. Whose records count is as in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from portal.queries.sql import rows

# Somebody with several roles counts under each of them, and once in the report's own line (role null).
_OPENED = """
    select named.report, r.name as role, count(distinct l.id)::bigint as opened,
           count(distinct l.user_id)::bigint as people, max(l.timestamp at time zone :zone)::date as last_day
    from portal.audit_log as l
    join unnest(cast(:endpoints as text[]), cast(:reports as text[])) as named (endpoint, report)
      on named.endpoint = l.resource_type
    left join portal.users as u on u.id::text = l.user_id
    left join portal.roles_users as ru on ru.user_id = u.id
    left join portal.roles as r on r.id = ru.role_id
    where l.action in ('view', 'api_call') and l.outcome in ('success', 'started')
      and l.timestamp >= cast(:start as timestamp) at time zone :zone
      and l.timestamp < (cast(:end as timestamp) + interval '1 day') at time zone :zone
      and (
          :everything
          or l.hospital_ids && cast(:hospitals as text[])
          or l.hospital_ids = '{}' and l.user_id in (
              select h.user_id::text from portal.user_hospitals as h where h.hospital_id = any (cast(:hospitals as text[]))
          )
      )
    group by grouping sets ((named.report), (named.report, r.name))
    having grouping(r.name) = 1 or r.name is not null
    order by opened desc, named.report, r.name nulls first"""


@dataclass(frozen=True)
class Opened:
    """How often a report was opened by a role (None: by anybody), by how many people, and on which day last."""

    report: str
    role: str | None
    opened: int
    people: int
    last_day: date


@dataclass(frozen=True)
class UsageFilter:
    """Which days (both included, in ``zone``), and whose records count, unless ``everything``."""

    start: date
    end: date
    zone: str
    hospitals: Sequence[str]
    everything: bool


def usage(connection: Connection, asked: UsageFilter, reports: Mapping[str, str]) -> list[Opened]:
    """Return how often each of ``reports`` (endpoint to name) was opened, the most opened first."""
    parameters = vars(asked) | {
        "hospitals": list(asked.hospitals), "endpoints": list(reports), "reports": list(reports.values()),
    }  # fmt: skip
    return rows(connection, _OPENED, parameters, Opened)
