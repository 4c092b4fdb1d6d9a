"""Case logs as they were uploaded, the cases in them, and what people decided about them.

``Links`` are hospital and id of the providers whose logs may be read; None is everyone's in reach.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from portal.queries.providers import Links
from portal.queries.sql import rows, values
from warehouse import identity
from warehouse.settings import load_secrets

_LINKED = """
    (cast(:provider_id as text) is null or {of}.provider_id = :provider_id)
      and (:everyone or ({of}.hospital_id, {of}.provider_id) in (
          select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
      ))"""
_UPLOADS = f"""
    from portal.case_log_uploads as u
    join dim_hospitals as h on h.hospital_id = u.hospital_id
    where {_LINKED.format(of="u")}
      and (cast(:currency as text) is null or h.currency = :currency)
      and (u.imported_at is not null or u.user_id = cast(:drafts_of as integer))"""
_UPLOAD = f"""
    select u.id, u.hospital_id, u.provider_id, u.file_name as sealed_name, u.checksum, u.covered_from, u.covered_to, u.rows_read,
           u.rows_kept, u.rejected, u.created_at, u.imported_at, u.withdrawn_at, h.currency, h.business_date,
           coalesce((select min(p.name) from dim_providers as p
                     where p.hospital_id = u.hospital_id and p.provider_id = u.provider_id), u.provider_id) as provider_name
    {_UPLOADS}"""
# A case that several files hold is as the newest of them says.
_ENTRIES = f"""
    with live as (
        select l.*, max(l.upload_id) over (partition by l.hospital_id, l.provider_id, l.case_key) as newest
        from portal.user_case_log as l
        join portal.case_log_uploads as u on u.id = l.upload_id
        join dim_hospitals as h on h.hospital_id = l.hospital_id
        where u.withdrawn_at is null and h.currency = :currency and {_LINKED.format(of="l")}
    )
    select case_key, hospital_id, provider_id, upload_id, min(row_no) as line, case_date, min(patient_ticket) as ticket,
           string_agg(cpt_codes, ',' order by row_no) as cpt_codes, max(minutes) as minutes,
           array_agg(notes order by row_no) filter (where notes is not null) as sealed_notes
    from live
    where upload_id = newest
    group by case_key, hospital_id, provider_id, upload_id, case_date
    order by case_date, case_key"""
_COVERED = f"""
    select u.hospital_id, u.provider_id, u.covered_from, u.covered_to
    from portal.case_log_uploads as u
    join dim_hospitals as h on h.hospital_id = u.hospital_id
    where u.imported_at is not null and u.withdrawn_at is null and h.currency = :currency and {_LINKED.format(of="u")}
    order by 1, 2, 3, 4"""
_DECISIONS = f"""
    select d.id, d.hospital_id, d.provider_id, d.case_key, d.kind, d.billed_keys, d.decided_at, r.email as decided_by
    from portal.case_log_decisions as d
    join portal.users as r on r.id = d.decided_by
    join dim_hospitals as h on h.hospital_id = d.hospital_id
    where d.undone_at is null and h.currency = :currency and {_LINKED.format(of="d")}
    order by d.id"""
_SAME = """
    select min(id) from portal.case_log_uploads
    where hospital_id = :hospital_id and provider_id = :provider_id and checksum = :checksum and imported_at is not null
      and withdrawn_at is null"""
_LAYOUTS = """
    select layout from portal.case_log_uploads
    where user_id = :user_id and imported_at is not null and layout is not null
    order by imported_at desc limit 10"""


@dataclass(frozen=True)
class LogScope:
    """Whose logs: those of linked providers, or of one among them, at hospitals of one currency."""

    links: Links | None
    currency: str
    provider_id: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        return {"currency": self.currency, **_linked(self.links, self.provider_id)}


@dataclass(frozen=True)
class Upload:
    """A file: ``imported_at`` None while its columns are being assigned; a withdrawn one counts no more."""

    id: int
    hospital_id: str
    provider_id: str
    provider_name: str
    sealed_name: bytes
    checksum: bytes
    covered_from: date | None
    covered_to: date | None
    rows_read: int
    rows_kept: int | None
    rejected: list[dict[str, Any]]
    created_at: datetime
    imported_at: datetime | None
    withdrawn_at: datetime | None
    currency: str
    business_date: date

    @property
    def file_name(self) -> str:
        """What the file was called."""
        return _unsealed(self.sealed_name).decode()


@dataclass(frozen=True)
class Entry:
    """A logged case as the newest file that has it says; ``line`` is its first in that file."""

    case_key: str
    hospital_id: str
    provider_id: str
    upload_id: int
    line: int
    case_date: date
    ticket: str | None
    cpt_codes: str | None
    minutes: Decimal | None
    sealed_notes: list[bytes] | None

    @property
    def notes(self) -> str | None:
        """What the provider noted, for a page about this case."""
        return "; ".join(_unsealed(one).decode() for one in self.sealed_notes or ()) or None

    @property
    def codes(self) -> tuple[str, ...]:
        """Its codes, each once."""
        return tuple(dict.fromkeys(code for code in (self.cpt_codes or "").split(",") if code))


@dataclass(frozen=True)
class Covered:
    """Days of which a provider's log holds every case."""

    hospital_id: str
    provider_id: str
    covered_from: date
    covered_to: date


@dataclass(frozen=True)
class Decided:
    """What a person said about a logged case."""

    id: int
    hospital_id: str
    provider_id: str
    case_key: str
    kind: Any
    billed_keys: list[UUID]
    decided_at: datetime
    decided_by: str


def uploads_page(
    connection: Connection, links: Links | None, drafts_of: int | None, page: int, limit: int, **more: Any
) -> list[Upload]:
    """Return a page of the uploads, newest first, with the drafts of one user. ``more``: provider_id, currency."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    sql = f"{_UPLOAD} order by u.created_at desc, u.id desc limit :limit offset :offset"
    return rows(connection, sql, _upload_parameters(links, drafts_of, **more) | part, Upload)


def uploads_count(connection: Connection, links: Links | None, drafts_of: int | None, **more: Any) -> int:
    """Return how many uploads ``uploads_page`` has."""
    return int(values(connection, f"select count(*) {_UPLOADS}", **_upload_parameters(links, drafts_of, **more))[0])


def find_upload(connection: Connection, number: int, links: Links | None, user_id: int) -> Upload | None:
    """Return one upload, None if there is none in reach."""
    parameters = _upload_parameters(links, user_id) | {"id": number}
    found = rows(connection, f"{_UPLOAD} and u.id = :id", parameters, Upload)
    return found[0] if found else None


def content(connection: Connection, number: int) -> bytes | None:
    """Return the file of an upload, None once it is imported."""
    found = values(connection, "select content from portal.case_log_uploads where id = :id", id=number)
    return _unsealed(found[0]) if found and found[0] is not None else None


def entries(connection: Connection, scope: LogScope) -> list[Entry]:
    """Return the logged cases, each once, oldest first."""
    return rows(connection, _ENTRIES, scope.parameters, Entry)


def covered(connection: Connection, scope: LogScope) -> list[Covered]:
    """Return the days that the logs cover."""
    return rows(connection, _COVERED, scope.parameters, Covered)


def decisions(connection: Connection, scope: LogScope) -> list[Decided]:
    """Return what people said and did not take back, oldest first."""
    return rows(connection, _DECISIONS, scope.parameters, Decided)


def same_file(connection: Connection, hospital_id: str, provider_id: str, checksum: bytes) -> int | None:
    """Return the number of the upload by which this very file was imported, None if it was not."""
    found = values(connection, _SAME, hospital_id=hospital_id, provider_id=provider_id, checksum=checksum)
    return None if found[0] is None else int(found[0])


def layouts(connection: Connection, user_id: int) -> list[dict[str, Any]]:
    """Return how the user's last files were laid out, newest first."""
    return [json.loads(_unsealed(one)) for one in values(connection, _LAYOUTS, user_id=user_id)]


def _unsealed(sealed: bytes) -> bytes:
    return identity.unseal(sealed, load_secrets().phi_keys)


def _upload_parameters(
    links: Links | None, drafts_of: int | None, provider_id: str | None = None, currency: str | None = None
) -> dict[str, Any]:
    return _linked(links, provider_id) | {"drafts_of": drafts_of, "currency": currency}


def _linked(links: Links | None, provider_id: str | None) -> dict[str, Any]:
    pairs = list(links or ())
    return {
        "provider_id": provider_id, "everyone": links is None,
        "hospitals": [hospital for hospital, _ in pairs], "ids": [name for _, name in pairs],
    }  # fmt: skip
