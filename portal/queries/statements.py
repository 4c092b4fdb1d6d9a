"""Statements that people imported, with what the source delivers for the same months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.queries.providers import Links
from portal.queries.sql import rows, values

_FROM = """
    from portal.imported_statements as s
    join dim_hospitals as h on h.hospital_id = s.hospital_id
    where (cast(:id as bigint) is null or s.id = :id)
      and (:everyone or (s.hospital_id, s.provider_id) in (
          select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
      ))"""
_STATEMENTS = f"""
    select s.id, s.hospital_id, s.provider_id, s.month, s.gross_pay, s.commission, s.bonus, s.deductions, s.read_from,
           s.imported_at, s.ended_at, h.currency,
           (select u.email from portal.users as u where u.id = s.imported_by) as imported_by,
           coalesce((select min(p.name) from dim_providers as p
                     where p.hospital_id = s.hospital_id and p.provider_id = s.provider_id), s.provider_id) as provider_name,
           (select sum(pay.gross_pay) from rpt_compensation_monthly as pay
            join dim_providers as p on p.provider_key = pay.provider_key
            where p.hospital_id = s.hospital_id and p.provider_id = s.provider_id and pay.month = s.month
              and pay.statement_count > 0) as delivered_gross
    {_FROM}
    order by s.month desc, s.imported_at desc, s.id desc
    limit :limit offset :offset"""


@dataclass(frozen=True)
class ImportedStatement:
    """A statement; ``ended_at`` once another took its place or it was withdrawn; ``delivered_gross`` counts in its place."""

    id: int
    hospital_id: str
    provider_id: str
    provider_name: str
    month: date
    gross_pay: Decimal
    commission: Decimal
    bonus: Decimal
    deductions: Decimal
    read_from: str
    imported_by: str
    imported_at: datetime
    ended_at: datetime | None
    currency: str
    delivered_gross: Decimal | None


def statements_page(connection: Connection, links: Links | None, page: int, limit: int) -> list[ImportedStatement]:
    """Return a page of the statements of linked providers, the newest month first, replaced ones too."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, _STATEMENTS, _linked(links) | part, ImportedStatement)


def statements_count(connection: Connection, links: Links | None) -> int:
    """Return how many ``statements_page`` has."""
    return int(values(connection, f"select count(*) {_FROM}", **_linked(links))[0])


def find_statement(connection: Connection, number: int, links: Links | None) -> ImportedStatement | None:
    """Return one statement of linked providers, None if there is none."""
    found = rows(connection, _STATEMENTS, _linked(links, number) | {"limit": 1, "offset": 0}, ImportedStatement)
    return found[0] if found else None


def _linked(links: Links | None, number: int | None = None) -> dict[str, Any]:
    pairs = list(links or ())
    return {
        "id": number, "everyone": links is None, "hospitals": [hospital for hospital, _ in pairs],
        "ids": [name for _, name in pairs],
    }  # fmt: skip
