"""The audit log as auditors read it: who did what, when, from where, newest first.

Which records are seen is decided by the table's row policies: those of the hospitals whose figures they touched; of records that
touched none (a sign-in, a change of password), those of the hospitals of its user. A record that touched hospitals beyond the
reader's says that it was made, and not about what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from portal.queries.sql import rows, stream, values

# Filters look at what is shown: looking for an id must not tell that a withheld record is about it.
_FROM = """
    from (
      select
        l.id, l.timestamp, l.user_id, l.action, l.outcome, l.status_code, l.ip_address, l.user_agent, l.request_id, withheld,
        case when not withheld then l.resource_type end as resource_type,
        case when not withheld then l.resource_id end as resource_id,
        case when withheld then array(
          select unnest(l.hospital_ids) intersect select unnest(cast(:hospitals as text[])) order by 1
        ) else l.hospital_ids end as hospital_ids,
        case when not withheld then l.details end as details,
        case when not withheld then l.old_values end as old_values,
        case when not withheld then l.new_values end as new_values
      from portal.audit_log as l
      cross join lateral (
        select not (:everything or l.hospital_ids <@ cast(:hospitals as text[])) as withheld
      ) as reader
    ) as l
    left join portal.users as u on u.id::text = l.user_id
    where (cast(:start as date) is null or l.timestamp >= cast(:start as timestamp) at time zone :zone)
      and (cast(:end as date) is null or l.timestamp < (cast(:end as timestamp) + interval '1 day') at time zone :zone)
      and (cast(:who as text) is null or l.user_id = :who or u.email = lower(:who))
      and (cast(:action as text) is null or l.action = :action)
      and (cast(:resource as text) is null or l.resource_type = :resource)
      and (cast(:resource_id as text) is null or l.resource_id = :resource_id)
      and (cast(:outcome as text) is null or l.outcome = :outcome)"""
_ROWS = f"""
    select l.id, l.timestamp, coalesce(u.email, l.user_id) as who, l.action, l.resource_type, l.resource_id, l.outcome,
           l.status_code, l.hospital_ids, host(l.ip_address) as ip_address, l.user_agent, l.request_id, l.withheld, l.details,
           l.old_values, l.new_values
    {_FROM}
    order by l.id desc"""


@dataclass(frozen=True)
class AuditRecord:
    """One record; ``who`` is an e-mail address, ``anonymous``, or whoever works at the command line.

    ``withheld``: it is of hospitals beyond the reader's, too; resource, details and values are then None.
    """

    id: int
    timestamp: datetime
    who: str
    action: str
    resource_type: str | None
    resource_id: str | None
    outcome: str
    status_code: int | None
    hospital_ids: list[str]
    ip_address: str | None
    user_agent: str | None
    request_id: str | None
    withheld: bool
    details: dict[str, Any] | None
    old_values: dict[str, Any] | None
    new_values: dict[str, Any] | None


@dataclass(frozen=True)
class AuditFilter:
    """Which records; None does not limit.

    Attributes:
        hospitals: the reader's own: of records that touched others, too, it is withheld about what they are.
        everything: whether nothing is withheld.
        start: first day, in ``zone``; ``end`` the last one.
        who: an e-mail address or the id of a user.
    """

    hospitals: Sequence[str]
    everything: bool
    zone: str
    start: date | None = None
    end: date | None = None
    who: str | None = None
    action: str | None = None
    resource: str | None = None
    resource_id: str | None = None
    outcome: str | None = None


def audit_page(connection: Connection, asked: AuditFilter, page: int, limit: int) -> list[AuditRecord]:
    """Return one page of the records, newest first."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, f"{_ROWS} limit :limit offset :offset", _parameters(asked) | part, AuditRecord)


def audit_stream(connection: Connection, asked: AuditFilter) -> Iterator[AuditRecord]:
    """Yield the records, newest first."""
    return stream(connection, _ROWS, _parameters(asked), AuditRecord)


def audit_count(connection: Connection, asked: AuditFilter) -> int:
    """Return how many records there are."""
    return int(values(connection, f"select count(*) {_FROM}", **_parameters(asked))[0])


def audit_size(connection: Connection) -> int:
    """Return how many records the log has for this transaction."""
    return int(values(connection, "select count(*) from portal.audit_log")[0])


def audit_choices(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the actions and the resources that the log knows."""
    actions = values(connection, "select distinct action from portal.audit_log order by 1")
    return actions, values(connection, "select distinct resource_type from portal.audit_log order by 1")


def _parameters(asked: AuditFilter) -> dict[str, Any]:
    return vars(asked) | {"hospitals": list(asked.hospitals)}
