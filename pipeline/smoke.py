"""A look at what was just published, through the eyes of the portal: its role, its settings, hospital by hospital."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from warehouse.engine import connect

# One row each of what pages read first: whose it is. A mart may have none for a hospital; one that cannot be read is a fault.
_MARTS = (
    "dim_hospitals",
    "fct_invoices",
    "fct_receivable_events",
    "outstanding_payments",
    "patient_payment_history",
    "revenue_metrics",
)


def look(build_id: int, schema: str) -> str | None:
    """Read the build as each of its hospitals would see it. Returns what is wrong, None if nothing is.

    Every hospital sees itself and nobody else.
    """
    try:
        with connect("portal") as connection:
            for hospital in _hospitals(connection, build_id):
                trouble = _look(connection, schema, hospital)
                if trouble:
                    return trouble
    except psycopg.Error as error:
        return f"the portal's role cannot read it ({str(error).strip().splitlines()[0]})"
    return None


def _hospitals(connection: psycopg.Connection[Any], build_id: int) -> list[str]:
    rows = connection.execute(
        "select hospital_id from ops.business_dates where build_id = %s order by hospital_id", [build_id]
    ).fetchall()
    return [hospital for (hospital,) in rows]


def _look(connection: psycopg.Connection[Any], schema: str, hospital: str) -> str | None:
    with connection.transaction():
        connection.execute("select set_config('daybook.hospitals', %s, true)", [hospital])
        for mart in _MARTS:
            query = sql.SQL("select hospital_id from {} limit 2").format(sql.Identifier(schema, mart))
            seen = [found for (found,) in connection.execute(query).fetchall()]
            if set(seen) - {hospital}:
                return f"hospital {hospital} sees another one in {mart}"
            if mart == "dim_hospitals" and seen != [hospital]:
                return f"hospital {hospital} does not see itself"
    return None
