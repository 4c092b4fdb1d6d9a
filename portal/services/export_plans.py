"""Templates and schedules of exports: kept and let go, each change with its audit record in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from portal.analytics.periods import DateRange, first_day, months_from
from portal.models import db
from portal.queries.export_reach import Reader, act_for
from portal.services import audit, users
from portal.services.audit import Entry
from portal.services.users import UserError

Rhythm = Literal["weekly", "monthly"]
RHYTHMS: dict[Rhythm, str] = {"weekly": "every week, of the week before", "monthly": "every month, of the month before"}
_STEPS: dict[str, Literal["week", "month"]] = {"weekly": "week", "monthly": "month"}
_MOST_RECIPIENTS = 50
_LONGEST_NAME = 100
_TEMPLATE = text("""
  insert into portal.export_templates (user_id, hospital_id, name, entity_type, export_type, filters, fields, created_at)
  values (:user_id, :hospital_id, :name, :entity_type, :export_type, cast(:filters as jsonb), :fields, :now)
  returning id
""")
_FORGET = text(
    "delete from portal.export_templates where id = :number and user_id = :user_id returning name, entity_type, filters, fields"
)
_SCHEDULE = text("""
  insert into portal.export_schedules (
    user_id, name, entity_type, export_type, filters, fields, rhythm, next_due, created_at)
  values (:user_id, :name, :entity_type, :export_type, cast(:filters as jsonb), :fields, :rhythm, :next_due, :now)
  returning id
""")
_RECIPIENTS = text("""
  insert into portal.export_recipients (schedule_id, user_id) select :number, unnest(cast(:users as integer[]))
""")
_END = text("""
  update portal.export_schedules set ended_at = :now where id = :number and ended_at is null
  returning name, entity_type, filters, fields
""")
_END_ALL = text("""
  update portal.export_schedules set ended_at = :now where user_id = :user_id and ended_at is null returning id
""")
_LEAVE = text("""
  delete from portal.export_recipients as r
  using portal.export_schedules as s
  where s.id = r.schedule_id and s.ended_at is null and r.schedule_id = :number and r.user_id = :user_id
  returning s.name, s.entity_type
""")
_READERS = text("""
  select u.id, u.email
  from portal.users as u
  where u.active and u.email = any (:addresses) and (
      :everything or u.id = :user_id
      or exists (select from portal.user_hospitals as h where h.user_id = u.id and h.hospital_id = any (:hospitals))
  )
""")


@dataclass(frozen=True)
class Plan:
    """What is kept: an order by its parts, under a name."""

    user_id: int
    name: str
    entity_type: str
    export_type: str
    filters: Mapping[str, Sequence[str]]
    fields: Sequence[str]

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        filters = json.dumps({name: list(values) for name, values in self.filters.items()})
        return {
            "user_id": self.user_id, "name": self.name, "entity_type": self.entity_type,
            "export_type": self.export_type, "filters": filters, "fields": list(self.fields),
        }  # fmt: skip


def keep_template(plan: Plan, hospital_id: str | None, owner: Reader, now: datetime, entry: Entry) -> int:
    """Keep a template, for its owner or for everybody of a hospital. Returns its number.

    Raises:
        UserError: for a name that is none, or that another of the own templates has.
    """
    _check_name(plan.name)
    try:
        with db.engine.begin() as connection:
            values = plan.parameters | {"hospital_id": hospital_id, "now": now}
            number = int(act_for(connection, owner).execute(_TEMPLATE, values).scalar_one())
            new = _said(vars(plan)) | {"hospital": hospital_id}
            audit.record(replace(entry, resource_id=str(number), new_values=new), connection)
    except IntegrityError:
        raise UserError(f"You have a template called {plan.name} already: choose another name.") from None
    return number


def forget_template(number: int, owner: Reader, entry: Entry) -> str | None:
    """Let go of an own template. Returns its name, None if there is none."""
    with db.engine.begin() as connection:
        values = {"number": number, "user_id": owner.user_id}
        found = act_for(connection, owner).execute(_FORGET, values).mappings().one_or_none()
        if found is not None:
            audit.record(replace(entry, resource_id=str(number), old_values=_said(dict(found))), connection)
    return found["name"] if found else None


def keep_schedule(
    plan: Plan, rhythm: str, addresses: Sequence[str], owner: Reader, dates: tuple[date, datetime], entry: Entry
) -> int:
    """Keep a schedule; the first copies are made once the running week or month is over. Returns its number.

    Args:
        plan: what is made.
        rhythm: one of ``RHYTHMS``.
        addresses: of the recipients, as somebody typed them.
        owner: whose it is; recipients are of the same hospitals, those of a super_admin of any.
        dates: the business date, and the instant.
        entry: the audit record.

    Raises:
        UserError: for a name or rhythm that is none, and for recipients that are no users here.
    """
    _check_name(plan.name)
    if rhythm not in _STEPS:
        raise UserError(f"The rhythm must be one of {', '.join(_STEPS)}.")
    business_date, now = dates
    with db.engine.begin() as connection:
        readers = _readers(act_for(connection, owner), addresses, owner)
        values = plan.parameters | {"rhythm": rhythm, "next_due": next_due(rhythm, business_date), "now": now}
        number = int(connection.execute(_SCHEDULE, values).scalar_one())
        connection.execute(_RECIPIENTS, {"number": number, "users": sorted(readers.values())})
        new = _said(vars(plan)) | {"rhythm": rhythm, "recipients": sorted(readers.values())}
        audit.record(replace(entry, resource_id=str(number), new_values=new), connection)
    return number


def end_schedule(number: int, reader: Reader, now: datetime, entry: Entry) -> str | None:
    """Switch a schedule off; whoever calls has seen to it that they may. Returns its name, None if it is off already."""
    with db.engine.begin() as connection:
        found = act_for(connection, reader).execute(_END, {"number": number, "now": now}).mappings().one_or_none()
        if found is not None:
            audit.record(replace(entry, resource_id=str(number), old_values=_said(dict(found))), connection)
    return found["name"] if found else None


def leave_schedule(number: int, reader: Reader, entry: Entry) -> str | None:
    """Send a reader no more copies of a schedule. Returns its name, None if they get none, or it is off.

    It runs on for the others, and for nobody if there are none: whose it is sees so, and switches it off or makes another one.
    """
    values = {"number": number, "user_id": reader.user_id}
    with db.engine.begin() as connection:
        found = act_for(connection, reader).execute(_LEAVE, values).one_or_none()
        if found is not None:
            old = {"entity": found.entity_type, "recipient": reader.user_id} | audit.sealed(name=found.name)
            audit.record(replace(entry, resource_id=str(number), old_values=old), connection)
    return found.name if found else None


def end_all(connection: Connection, user_id: int, now: datetime) -> list[int]:
    """Switch the schedules of a user off, in the transaction of ``connection``, which records it. Returns their numbers."""
    act_for(connection, Reader(user_id, ()))  # whoever reads them: they are the user's
    return sorted(connection.execute(_END_ALL, {"user_id": user_id, "now": now}).scalars())


def next_due(rhythm: str, business_date: date) -> date:
    """Return the first business date on which the week or month of ``business_date`` is over."""
    start = first_day(business_date, _STEPS[rhythm])
    return months_from(start, 1) if rhythm == "monthly" else date.fromordinal(start.toordinal() + 7)


def period(rhythm: str, business_date: date) -> DateRange:
    """Return the newest week or month that is over on ``business_date``."""
    last = date.fromordinal(first_day(business_date, _STEPS[rhythm]).toordinal() - 1)
    return DateRange(first_day(last, _STEPS[rhythm]), last)


def _readers(connection: Connection, addresses: Sequence[str], owner: Reader) -> dict[str, int]:
    wanted = {users.address(text): text for text in addresses}
    if not wanted or len(wanted) > _MOST_RECIPIENTS:
        raise UserError(f"Name 1 to {_MOST_RECIPIENTS} recipients by their e-mail addresses.")
    values = {
        "addresses": [address for address in wanted if address], "user_id": owner.user_id,
        "hospitals": list(owner.hospitals), "everything": owner.everything,
    }  # fmt: skip
    found = {row.email: row.id for row in connection.execute(_READERS, values)}
    missing = [text for address, text in wanted.items() if address not in found]
    if missing:
        raise UserError(f"{', '.join(missing)}: no user of your hospitals has this address.")
    return found


def _said(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan as its record holds it: its name is typed, so a keyed hash of it."""
    filters = {name: list(values) for name, values in plan["filters"].items()}
    said = {"entity": plan["entity_type"], "filters": filters, "fields": list(plan["fields"])}
    return said | audit.sealed(name=plan["name"])


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UserError(f"Give it a name of one line, at most {_LONGEST_NAME} characters.")
