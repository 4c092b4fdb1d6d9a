"""Figures of the workflow of write-offs: how many were asked for, what became of them, and how long a decision took."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import one

# The median is the mean of the two middle waits (of one, where their number is odd), in numeric: percentile_cont would
# reckon in double precision, and percentile_disc would take the lower of the two.
_FIGURES = """
    with asked as (
        select w.status, extract(epoch from w.decided_at - w.created_at) / 3600 as hours
        from portal.write_offs as w
        join dim_hospitals as h on h.hospital_id = w.hospital_id
        where w.kind = 'write_off' and w.currency = :currency
          and cast(w.created_at at time zone h.timezone as date) between :start and :end
    ),
    ordered as (
        select hours, row_number() over (order by hours) as place, count(*) over () as decided
        from asked where status in ('APPROVED', 'REVERSED', 'REJECTED')
    ),
    middle as (
        select round(avg(hours), 1) as median_hours
        from ordered where place in ((decided + 1) / 2, (decided + 2) / 2)
    )
    select count(*) as requests,
           count(*) filter (where status = 'PENDING') as pending,
           count(*) filter (where status = 'APPROVED') as approved,
           count(*) filter (where status = 'REJECTED') as rejected,
           count(*) filter (where status = 'CANCELLED') as cancelled,
           count(*) filter (where status = 'REVERSED') as reversed,
           round(100.0 * count(*) filter (where status in ('APPROVED', 'REVERSED'))
                 / nullif(count(*) filter (where status in ('APPROVED', 'REVERSED', 'REJECTED')), 0), 2) as approval_rate,
           (select median_hours from middle) as median_hours
    from asked"""


@dataclass(frozen=True)
class WorkflowFigures:
    """What became of the requests for write-offs of some days; requests to take one back are none of them.

    Attributes:
        approved: approved and not taken back since; those are ``reversed``. With pending, rejected and cancelled ones they
            add up to ``requests``.
        approval_rate: approved ones, also those taken back since, of those decided (approved or rejected): 0–100 with two
            decimals; None while none was decided.
        median_hours: from request to decision (approved or rejected), with one decimal; None while none was decided.
    """

    requests: int
    pending: int
    approved: int
    rejected: int
    cancelled: int
    reversed: int
    approval_rate: Decimal | None
    median_hours: Decimal | None


def workflow_figures(connection: Connection, days: DateRange, currency: str) -> WorkflowFigures:
    """Return the figures of the requests made on these days, each day as its hospital has it.

    Args:
        connection: pinned to a build, with the hospitals in reach.
        days: of the requests, both included.
        currency: of the requests.
    """
    parameters = {"start": days.start, "end": days.end, "currency": currency}
    return one(connection, _FIGURES, parameters, WorkflowFigures)
