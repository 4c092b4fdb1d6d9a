"""How many days payers give to file a claim: set for a payer or for all of a hospital, and taken away again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from portal.services import audit
from portal.services.audit import Entry
from portal.services.case_logs import Person
from portal.services.write_offs import books

MOST_DAYS = 3_650
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('filing limits|' || :hospital_id, 0))")
_OLD = text("""
  select days from portal.filing_limits where hospital_id = :hospital_id and payer_key is not distinct from :payer_key
""")
_SET = text("""
  insert into portal.filing_limits (hospital_id, payer_key, days, set_by, set_at)
  values (:hospital_id, :payer_key, :days, :by, :now)
  on conflict (hospital_id, payer_key) do update set days = excluded.days, set_by = excluded.set_by, set_at = excluded.set_at
""")
_REMOVE = text("""
  delete from portal.filing_limits where hospital_id = :hospital_id and payer_key is not distinct from :payer_key
""")


@dataclass(frozen=True)
class Wanted:
    """Days of one payer at a hospital; payer None is every payer without days of its own, days None takes them away."""

    hospital_id: str
    payer_key: UUID | None
    days: int | None


def set_limit(wanted: Wanted, by: Person, now: datetime, entry: Entry) -> None:
    """Set the days of a payer, or take them away, with the audit record of it.

    Args:
        wanted: of a hospital and a payer in reach; days from 1 to ``MOST_DAYS``.
        by: who says so.
        now: the present instant.
        entry: the audit record; hospital, old and new days are filled in.
    """
    what = {
        "hospital_id": wanted.hospital_id, "payer_key": wanted.payer_key, "days": wanted.days, "by": by.user_id, "now": now,
    }  # fmt: skip
    with books(by.hospitals) as (connection, _):
        connection.execute(_LOCK, what)
        old = connection.execute(_OLD, what).scalar()
        connection.execute(_REMOVE if wanted.days is None else _SET, what)
        payer = str(wanted.payer_key) if wanted.payer_key else "every other"
        audit.record(
            replace(
                entry, resource_id=wanted.hospital_id, hospital_ids=(wanted.hospital_id,),
                old_values={"payer": payer, "days": old}, new_values={"payer": payer, "days": wanted.days},
            ),
            connection,
        )  # fmt: skip
