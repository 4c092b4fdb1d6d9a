"""What is in reach of a request: its currencies, and the departments, doctors and payers that filters may name.

Which hospitals those are of is decided by the row policies of the build: no query here filters by hospital itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection

from portal.queries.sql import rows, values

Dimension = Literal["department", "provider", "payer"]
UNATTRIBUTED = "unattributed"
"""As an id in a filter: money that has no department, doctor or payer."""

_DIMENSIONS: dict[Dimension, str] = {
    "department": "select department_id as id, name, hospital_id from dim_departments order by name, department_id",
    "provider": "select provider_id as id, name, hospital_id from dim_providers order by name, provider_id",
    "payer": "select payer_id as id, name, '' as hospital_id from dim_payers order by name, payer_id",
}
_EXISTS: dict[Dimension, str] = {
    "department": "select 1 from dim_departments where department_id = :id limit 1",
    "provider": "select 1 from dim_providers where provider_id = :id limit 1",
    "payer": "select 1 from dim_payers where payer_id = :id limit 1",
}


@dataclass(frozen=True)
class Choice:
    """One value that a filter may take."""

    id: str
    name: str
    hospital_id: str


@dataclass(frozen=True)
class Hospital:
    """A hospital in reach."""

    hospital_id: str
    name: str
    currency: str
    business_date: date


def hospitals(connection: Connection) -> list[Hospital]:
    """Return the hospitals in reach, by name."""
    sql = "select hospital_id, name, currency, business_date from dim_hospitals order by name, hospital_id"
    return rows(connection, sql, {}, Hospital)


def currencies(connection: Connection) -> tuple[str, ...]:
    """Return the currencies of the money in reach, else (no money yet) those of the hospitals."""
    found = values(connection, "select distinct currency from revenue_metrics order by 1")
    return tuple(found or values(connection, "select distinct currency from dim_hospitals order by 1"))


def choices(connection: Connection, dimension: Dimension) -> list[Choice]:
    """Return what the filter ``dimension`` offers, by name."""
    return rows(connection, _DIMENSIONS[dimension], {}, Choice)


def exists(connection: Connection, dimension: Dimension, id: str) -> bool:
    """Return whether ``id`` names a department, doctor or payer in reach (``unattributed`` always does)."""
    return id == UNATTRIBUTED or bool(values(connection, _EXISTS[dimension], id=id))


def last_activity(connection: Connection, basis: str, currency: str) -> date | None:
    """Return the newest day with a payment (``collected``) or an invoice (``billed``), None if there never was one."""
    column = "payment_count" if basis == "collected" else "invoice_count"
    sql = f"select max(date_key) from revenue_metrics where currency = :currency and {column} > 0"
    return values(connection, sql, currency=currency)[0]
