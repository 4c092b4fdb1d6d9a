"""Closed months: each figure as issued and as it is known today, and every change that came after the close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import rows

# The order of a roll-forward, then of the ages at its end.
_FIGURES = (
    "opening", "billed", "collected", "refunded", "adjusted", "written_off", "recovered", "closing", "receivables_closing",
    "credits_closing", "aging_not_due", "aging_1_30", "aging_31_60", "aging_61_90", "aging_91_plus",
)  # fmt: skip
_LINES = """
    select hospital_id, close_id, month, figure, issued_amount as issued, current_amount as current, difference, closed_at,
           closed_by, build_id
    from fct_closed_periods
    where currency = :currency and month between date_trunc('month', cast(:start as timestamp))::date and :end
    order by month desc, hospital_id, array_position(cast(:figures as text[]), figure), figure"""
_CHANGES = """
    select hospital_id, close_id, month, kind, figure, event_type, invoice_id, amount, effective_date,
           (booked_at at time zone (select h.timezone from dim_hospitals as h where h.hospital_id = c.hospital_id))::date
               as booked_date
    from rpt_changes_after_close as c
    where currency = :currency and month between date_trunc('month', cast(:start as timestamp))::date and :end
    order by month desc, hospital_id, effective_date nulls first, invoice_id, figure, change_key"""


@dataclass(frozen=True)
class ClosedFigure:
    """One figure of a closed month."""

    hospital_id: str
    close_id: int
    month: date
    figure: str
    issued: Decimal
    current: Decimal
    difference: Decimal
    closed_at: datetime
    closed_by: str
    build_id: int


@dataclass(frozen=True)
class LateChange:
    """What changed a closed month after it was issued; ``amount`` is what it does to the balance."""

    hospital_id: str
    close_id: int
    month: date
    kind: str
    figure: str
    event_type: str | None
    invoice_id: str | None
    amount: Decimal
    effective_date: date | None
    booked_date: date | None


def closed_figures(connection: Connection, days: DateRange, currency: str) -> list[ClosedFigure]:
    """Return the figures of the closed months that ``days`` touch, the newest month first."""
    parameters = {"currency": currency, "start": days.start, "end": days.end, "figures": list(_FIGURES)}
    return rows(connection, _LINES, parameters, ClosedFigure)


def late_changes(connection: Connection, days: DateRange, currency: str) -> list[LateChange]:
    """Return what changed those months since."""
    parameters = {"currency": currency, "start": days.start, "end": days.end}
    return rows(connection, _CHANGES, parameters, LateChange)
