"""What stands beside every figure: gates of the build, and what is missing from it because it was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

_QUARANTINE = text("""
  select
    totals.table_name,
    hospitals.currency,
    sum(totals.row_count)::bigint as row_count,
    sum(totals.amount) as amount
  from ops.quarantine_totals as totals
  left join dim_hospitals as hospitals on hospitals.hospital_id = totals.hospital_id
  where totals.run_id = :run_id
  group by totals.table_name, hospitals.currency
  order by totals.table_name, hospitals.currency
""")
_GATES = text("""
  select
    count(*) filter (where passed) as passed,
    count(*) filter (where not passed and severity = 'warn') as warned,
    count(*) filter (where not passed and severity = 'error') as accepted
  from ops.gate_outcomes
  where run_id = :run_id
""")


_TIMEZONES = text("select distinct timezone from dim_hospitals where hospital_id = any(:hospitals)")


@dataclass(frozen=True)
class Quarantined:
    """Rows of one table that are not in the figures. ``currency`` is None when their hospital is not known.

    ``amount`` is None where it may be of other hospitals than those in scope.
    """

    table_name: str
    currency: str | None
    row_count: int
    amount: Decimal | None


@dataclass(frozen=True)
class Gates:
    """How many gates a build passed, passed with a warning, or was let past by a person."""

    passed: int
    warned: int
    accepted: int


def quarantined(marts: Connection, run_id: int) -> tuple[Quarantined, ...]:
    """Return what a run put into quarantine of the hospitals in scope, by table and currency, and how much without any.

    Who sees everything is told of rows, too, that name a hospital which does not exist.
    """
    rows = marts.execute(_QUARANTINE, {"run_id": run_id}).mappings()
    return tuple(Quarantined(**row) for row in rows)


def timezones(marts: Connection, hospitals: Sequence[str]) -> list[str]:
    """Return the time zones of ``hospitals``, each once."""
    return list(marts.scalars(_TIMEZONES, {"hospitals": list(hospitals)}))


def gates(connection: Connection, run_id: int) -> Gates:
    """Return how the gates of a run turned out."""
    return Gates(**connection.execute(_GATES, {"run_id": run_id}).mappings().one())
