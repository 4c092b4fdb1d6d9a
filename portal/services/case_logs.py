"""Case logs: taking a file in, importing its cases, withdrawing it. Each is one transaction with its audit record.

Records, logs and addresses name an upload and count its rows: what stands in a log, and what its file is called, is not in them.
The file, its name, its headings and its notes are encrypted where they are kept: they may name patients.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from portal.analytics.case_log_layout import Layout
from portal.analytics.case_log_rows import ReadLog, case_keys, read_log
from portal.analytics.periods import DateRange
from portal.queries import case_logs
from portal.services import audit, case_log_drafts
from portal.services.audit import Entry
from portal.services.case_files import CaseFile, read_case_file
from portal.services.case_verification import refresh
from portal.services.conflicts import ConflictError
from portal.services.idempotency import Repeatable, once
from portal.services.write_offs import books
from warehouse import identity
from warehouse.settings import load_secrets

_DRAFT = text("""
  insert into portal.case_log_uploads (
    hospital_id, provider_id, user_id, file_name, checksum, content, rows_read, created_at)
  values (:hospital_id, :provider_id, :user_id, :file_name, :checksum, :content, :rows_read, :now)
  returning id
""")
_FORGET_DRAFTS = text("delete from portal.case_log_uploads where user_id = :user_id and imported_at is null")
_TAKE = text("""
  select id, hospital_id, provider_id, checksum, content from portal.case_log_uploads
  where id = :id and user_id = :user_id and imported_at is null for update
""")
_DONE = text("""
  update portal.case_log_uploads
  set content = null, layout = :layout, covered_from = :covered_from, covered_to = :covered_to,
      rows_read = :rows_read, rows_kept = :rows_kept, rejected = cast(:rejected as jsonb), imported_at = :now
  where id = :id
""")
_ROW = text("""
  insert into portal.user_case_log (
    upload_id, hospital_id, provider_id, row_no, case_key, case_date, patient_ticket, cpt_codes, minutes, notes, created_at)
  values (
    :upload_id, :hospital_id, :provider_id, :row_no, :case_key, :case_date, :patient_ticket, :cpt_codes, :minutes, :notes, :now)
""")
_WITHDRAW = text("""
  update portal.case_log_uploads set withdrawn_at = :now, withdrawn_by = :by
  where id = :id and imported_at is not null and withdrawn_at is null
  returning hospital_id, provider_id, rows_kept
""")
_BUSINESS_DATE = text("select business_date from dim_hospitals where hospital_id = :hospital_id")
_LONGEST_NAME = 200


class CaseLogError(Exception):
    """A log cannot be taken as it is; ``fields`` names what is wrong with each part of it. Answered with 400."""

    def __init__(self, **fields: str) -> None:
        """Say what is wrong, by the name of the field."""
        self.fields = fields
        super().__init__(" ".join(fields.values()))


class UnknownUploadError(Exception):
    """There is no such upload in reach. Answered with 404."""


@dataclass(frozen=True)
class Person:
    """Who uploads and decides, and for which hospitals. That the provider is theirs is settled before."""

    user_id: int
    hospitals: Sequence[str]


@dataclass(frozen=True)
class Whose:
    """The provider of a log."""

    hospital_id: str
    provider_id: str


@dataclass(frozen=True)
class NewFile:
    """A file as it was sent."""

    name: str
    content: bytes
    read: CaseFile

    @classmethod
    def of(cls, name: str, content: bytes) -> NewFile:
        """Read a file.

        Raises:
            CaseFileError: if it cannot be read.
        """
        return cls(name, content, read_case_file(content))


@dataclass(frozen=True)
class Assigned:
    """Which column is what, and of which days the log holds every case; None: from its first case to its last."""

    layout: Layout
    covered: DateRange | None = None


def draft(whose: Whose, file: NewFile, by: Person, now: datetime, entry: Entry) -> int:
    """Keep a file until its columns are assigned, for a day at most; an earlier draft of the person goes.

    Returns:
        The upload's number.
    """
    with books(by.hospitals) as (connection, _):
        connection.execute(_FORGET_DRAFTS, {"user_id": by.user_id})
        case_log_drafts.forget(connection, now)
        number = _insert(connection, whose, file, by, now)
        audit.record(_about(entry, number, whose, {"rows_read": len(file.read.rows)}), connection)
        return number


def import_upload(number: int, assigned: Assigned, by: Person, now: datetime, entry: Entry) -> ReadLog:
    """Make the cases of a draft count. Returns what became of its rows.

    Args:
        number: of the draft, one of the person's own.
        assigned: which column is what, and the days.
        by: who imports it.
        now: the present instant.
        entry: the audit record; number, hospital and counts are filled in.

    Raises:
        UnknownUploadError: if there is no such draft.
        CaseLogError: if no row is a case, or the days do not hold all of them.
        ConflictError: if this very file was imported before.
    """
    with books(by.hospitals) as (connection, _):
        found = connection.execute(_TAKE, {"id": number, "user_id": by.user_id}).one_or_none()
        if found is None:
            raise UnknownUploadError(f"There is no upload {number} of yours that waits to be imported.")
        whose = Whose(found.hospital_id, found.provider_id)
        read = read_case_file(identity.unseal(found.content, load_secrets().phi_keys))
        log = _import(connection, number, whose, read, assigned, now)
        audit.record(_about(entry, number, whose, _counts(log)), connection)
        return log


def submit(
    whose: Whose, file: NewFile, assigned: Assigned, by: Person, now: datetime, entry: Entry, *,
    repeatable: Repeatable | None = None,
) -> int:  # fmt: skip
    """Take a log in and import it at once: what a program does. Returns the upload's number.

    Raises:
        CaseLogError, ConflictError: as ``import_upload``; also if the key of ``repeatable`` was used for something else.
    """
    with books(by.hospitals) as (connection, _):
        counts: dict[str, Any] = {"repeated": True}

        def make() -> int:
            number = _insert(connection, whose, file, by, now)
            counts.update(_counts(_import(connection, number, whose, file.read, assigned, now)), repeated=False)
            return number

        number, _is_new = once(connection, repeatable, make)
        audit.record(_about(entry, number, whose, counts), connection)
        return number


def withdraw(number: int, by: Person, now: datetime, entry: Entry) -> None:
    """Let the cases of an upload count no more; decisions about them stay, for the case that another file has them.

    Raises:
        ConflictError: if it is withdrawn already, or was never imported.
    """
    with books(by.hospitals) as (connection, _):
        found = connection.execute(_WITHDRAW, {"id": number, "now": now, "by": by.user_id}).one_or_none()
        if found is None:
            raise ConflictError(f"Upload {number} is withdrawn already, or was never imported.")
        whose = Whose(found.hospital_id, found.provider_id)
        refresh(connection, whose.hospital_id, whose.provider_id)
        audit.record(_about(entry, number, whose, {"rows_kept": found.rows_kept, "withdrawn": True}), connection)


def _insert(connection: Connection, whose: Whose, file: NewFile, by: Person, now: datetime) -> int:
    keys, name = load_secrets().phi_keys, file.name[-_LONGEST_NAME:] or "log"
    values = {
        "hospital_id": whose.hospital_id, "provider_id": whose.provider_id, "user_id": by.user_id,
        "file_name": identity.seal(name.encode(), keys), "checksum": hashlib.sha256(file.content).digest(),
        "content": identity.seal(file.content, keys), "rows_read": len(file.read.rows), "now": now,
    }  # fmt: skip
    return int(connection.execute(_DRAFT, values).scalar_one())


def _import(
    connection: Connection, number: int, whose: Whose, file: CaseFile, assigned: Assigned, now: datetime
) -> ReadLog:
    _refuse_again(connection, number, whose)
    business_date: date = connection.execute(_BUSINESS_DATE, {"hospital_id": whose.hospital_id}).scalar_one()
    layout = assigned.layout
    read = read_log(file.headings, file.rows, layout, business_date)
    days = _days(read, assigned.covered)
    ring, keys = load_secrets().phi_keys, case_keys(whose.hospital_id, whose.provider_id, read.rows)
    connection.execute(_ROW, [
        {"upload_id": number, "hospital_id": whose.hospital_id, "provider_id": whose.provider_id, "row_no": row.line,
         "case_key": key, "case_date": row.case_date, "patient_ticket": row.ticket,
         "cpt_codes": ",".join(row.codes) or None, "minutes": row.minutes, "now": now,
         "notes": identity.seal(row.notes.encode(), ring) if row.notes else None}
        for row, key in zip(read.rows, keys, strict=True)
    ])  # fmt: skip
    connection.execute(_DONE, {
        "id": number, "layout": identity.seal(json.dumps(vars(layout) | {"columns": dict(layout.columns)}).encode(), ring),
        "covered_from": days.start, "covered_to": days.end, "rows_read": len(file.rows), "rows_kept": len(read.rows),
        "rejected": json.dumps([vars(one) for one in read.rejected]), "now": now,
    })  # fmt: skip
    refresh(connection, whose.hospital_id, whose.provider_id)
    return read


def _counts(log: ReadLog) -> dict[str, Any]:
    return {"rows_kept": len(log.rows), "rows_rejected": len(log.rejected)}


def _refuse_again(connection: Connection, number: int, whose: Whose) -> None:
    checksum = text("select checksum from portal.case_log_uploads where id = :id")
    own = bytes(connection.execute(checksum, {"id": number}).scalar_one())
    before = case_logs.same_file(connection, whose.hospital_id, whose.provider_id, own)
    if before is not None:
        raise ConflictError(
            f"This very file was imported as upload {before}: nothing in it is new. Withdraw that one to import it again."
        )


def _days(read: ReadLog, covered: DateRange | None) -> DateRange:
    if not read.rows:
        raise CaseLogError(rows="No row is a case with these columns: check which column is which.")
    first, last = min(row.case_date for row in read.rows), max(row.case_date for row in read.rows)
    if covered is not None and not covered.start <= first <= last <= covered.end:
        raise CaseLogError(
            coveredFrom=f"The log has cases from {_day(first)} to {_day(last)}: the days must hold all of them."
        )
    return covered or DateRange(first, last)


def _day(day: date) -> str:
    return day.isoformat()


def _about(entry: Entry, number: int, whose: Whose, values: dict[str, Any]) -> Entry:
    return replace(
        entry, resource_id=str(number), hospital_ids=(whose.hospital_id,),
        new_values={"provider_id": whose.provider_id, **values},
    )  # fmt: skip
