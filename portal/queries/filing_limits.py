"""How many days payers give to file a claim, as each hospital says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from portal.analytics.deadlines import FilingLimits
from portal.queries.sql import rows

_LIMITS = """
    select l.id, l.hospital_id, h.name as hospital_name, l.payer_key, p.name as payer_name, l.days, u.email as set_by, l.set_at
    from portal.filing_limits as l
    join dim_hospitals as h on h.hospital_id = l.hospital_id
    join portal.users as u on u.id = l.set_by
    left join dim_payers as p on p.payer_key = l.payer_key
    order by h.name, l.hospital_id, l.payer_key is not null, p.name, l.id"""
_PAYERS = "select payer_key, name from dim_payers where payer_type <> 'self_pay' order by name, payer_key"


@dataclass(frozen=True)
class FilingLimit:
    """Days of one payer at one hospital; ``payer_key`` None: of every payer without days of its own."""

    id: int
    hospital_id: str
    hospital_name: str
    payer_key: UUID | None
    payer_name: str | None
    days: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class Payer:
    """A payer that claims are filed with."""

    payer_key: UUID
    name: str


def limits_listed(connection: Connection) -> list[FilingLimit]:
    """Return the days of all hospitals in reach, by hospital and payer."""
    return rows(connection, _LIMITS, {}, FilingLimit)


def filing_limits(connection: Connection) -> FilingLimits:
    """Return the days of all hospitals in reach, to look deadlines up in."""
    return FilingLimits({(one.hospital_id, one.payer_key): one.days for one in limits_listed(connection)})


def payers(connection: Connection) -> list[Payer]:
    """Return the payers that claims are filed with, by name."""
    return rows(connection, _PAYERS, {}, Payer)
