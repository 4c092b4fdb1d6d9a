"""What people say about logged cases: these charges are it, these are not, and taking either back.

Decisions belong to the case, not to the file: the next upload that has the case finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from portal.queries.case_logs import Entry as LoggedEntry
from portal.services import audit
from portal.services.audit import Entry
from portal.services.case_logs import CaseLogError, Person
from portal.services.case_verification import refresh
from portal.services.conflicts import ConflictError
from portal.services.write_offs import books

_MOST_PARTS = 20
# Decisions about one provider's cases wait for each other: a charge must not be given to two of them at the same time.
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('case log|' || :hospital_id || '|' || :provider_id, 0))")
_THERE = text("""
  select count(*) from fct_cases as cases
  join dim_providers as providers on providers.provider_key = cases.provider_key
  where cases.case_key = any (cast(:keys as uuid[])) and cases.hospital_id = :hospital_id
    and providers.provider_id = :provider_id and (not cases.is_reversed or :kind = 'split')
""")
_GIVEN = text("""
  select case_key from portal.case_log_decisions
  where hospital_id = :hospital_id and provider_id = :provider_id and kind = 'confirm' and undone_at is null
    and (case_key = :case_key or billed_keys && cast(:keys as uuid[]))
  limit 1
""")
_TAKE_BACK = text("""
  update portal.case_log_decisions set undone_by = :by, undone_at = :now
  where hospital_id = :hospital_id and provider_id = :provider_id and case_key = :case_key and undone_at is null
    and billed_keys && cast(:keys as uuid[]) and kind <> :kind
""")
_INSERT = text("""
  insert into portal.case_log_decisions (hospital_id, provider_id, case_key, kind, billed_keys, decided_by, decided_at)
  values (:hospital_id, :provider_id, :case_key, :kind, cast(:keys as uuid[]), :by, :now)
""")
_UNDO = text("""
  update portal.case_log_decisions set undone_by = :by, undone_at = :now
  where id = :id and hospital_id = :hospital_id and provider_id = :provider_id and case_key = :case_key and undone_at is null
  returning kind
""")


def decide(
    kind: Literal["confirm", "split"],
    case: LoggedEntry,
    billed: Sequence[UUID],
    by: Person,
    now: datetime,
    entry: Entry,
) -> None:
    """Say that a logged case is these billed ones (``confirm``), or is none of them (``split``).

    A decision takes back what was said to the contrary about the same charges.

    Raises:
        CaseLogError: if no billed case is named, or one that is not this provider's or does not stand.
        ConflictError: if a charge was confirmed for another case, or the case has a confirmation already.
    """
    keys = sorted({str(key) for key in billed})
    if not 1 <= len(keys) <= _MOST_PARTS:
        raise CaseLogError(billed=f"Choose at least one billed case, and at most {_MOST_PARTS}.")
    what = {
        "hospital_id": case.hospital_id, "provider_id": case.provider_id, "case_key": case.case_key, "kind": kind,
        "keys": keys, "by": by.user_id, "now": now,
    }  # fmt: skip
    with books(by.hospitals) as (connection, _):
        connection.execute(_LOCK, what)
        if connection.execute(_THERE, what).scalar_one() != len(keys):
            raise CaseLogError(billed="A billed case is gone, was taken back, or is not this provider's: look again.")
        connection.execute(_TAKE_BACK, what)
        if kind == "confirm" and (other := connection.execute(_GIVEN, what).scalar()):
            mine = (
                "This case has a confirmation already"
                if other == case.case_key
                else "These charges were confirmed for another case"
            )
            raise ConflictError(f"{mine}: undo that first.")
        connection.execute(_INSERT, what)
        _finish(connection, case, entry, {"kind": kind, "billed": keys})


def undo(number: int, case: LoggedEntry, by: Person, now: datetime, entry: Entry) -> None:
    """Take a decision about a case back: what speaks for and against it decides again.

    Raises:
        ConflictError: if there is no such decision, or it was taken back already.
    """
    what = {
        "id": number, "hospital_id": case.hospital_id, "provider_id": case.provider_id, "case_key": case.case_key,
        "by": by.user_id, "now": now,
    }  # fmt: skip
    with books(by.hospitals) as (connection, _):
        connection.execute(_LOCK, what)
        kind = connection.execute(_UNDO, what).scalar()
        if kind is None:
            raise ConflictError("That decision was taken back already.")
        _finish(connection, case, entry, {"undone": kind})


def _finish(connection: Connection, case: LoggedEntry, entry: Entry, values: dict[str, object]) -> None:
    refresh(connection, case.hospital_id, case.provider_id)
    audit.record(
        replace(entry, resource_id=case.case_key, hospital_ids=(case.hospital_id,), new_values=values), connection
    )
