"""Workload: cases, duration, productivity, case mix."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import exact, hundredths, percent, plain
from portal.analytics.practice import Work
from portal.api.v1.asked import checked_months, range_asked, reach
from portal.api.v1.envelope import ok
from portal.api.v1.practice_asked import work_asked
from portal.api.v1.practice_parameters import PracticeQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.workload import ProcedureShare, workload
from portal.security import requires

blueprint = Blueprint("workload", __name__)


class WorkSums(Camel):
    """Cases that stand; duration and productivity are of those whose minutes are known (``timed_case_count``)."""

    case_count: int
    reversed_case_count: int
    timed_case_count: int
    minutes: str
    average_minutes: str
    cases_per_hour: str
    units: str
    billed: str
    paid: str


class MixItem(Camel):
    """Cases with one procedure; ``percentage`` is of the month's cases. A case with two procedures is in both."""

    cpt_code: str
    case_count: int
    percentage: str
    units: str
    billed: str


class WorkMonth(WorkSums):
    """One month; ``partial`` while it runs."""

    month: date
    partial: bool
    case_mix: list[MixItem]


class ProviderWorkItem(WorkSums):
    """Work of one provider."""

    provider_id: str
    hospital_id: str
    name: str


class WorkloadData(Camel):
    """Work of some months: all of it, month by month, and by provider."""

    total: WorkSums
    months: list[WorkMonth]
    providers: list[ProviderWorkItem]


@blueprint.get("/workload")
@requires("compensation:read")
@operation(WorkloadData)
def show(query: PracticeQuery) -> Response:
    """Cases of the caller's providers, how long they took, cases an hour, and the procedures of each month.

    Months are whole, up to the business date: `meta.startDate` and `meta.endDate` say which. Minutes are those of the case
    (the longest of its lines); averages leave out cases without minutes and are 0.00 where none has any.
    """
    here = reach()
    months = checked_months(range_asked(query, here))
    asked = work_asked(query, months, here)
    found = workload(here.marts, asked, here.business_date)
    data = {
        "total": work_sums(found.total, asked.currency),
        "months": [
            {
                "month": step.start,
                "partial": step.partial,
                **work_sums(work, asked.currency),
                "caseMix": [mix_item(share, work, asked.currency) for share in found.mix.get(step.start, [])],
            }
            for step, work in found.months
        ],
        "providers": [
            {"providerId": who.provider_id, "hospitalId": who.hospital_id, "name": who.name, **work_sums(who, asked.currency)}
            for who in found.providers
        ],
    }  # fmt: skip
    return ok(data, currency=asked.currency, startDate=months.start, endDate=months.end)


def work_sums(work: Work, currency: str) -> dict[str, Any]:
    """Return the entries of ``WorkSums``."""
    return {
        "caseCount": work.case_count,
        "reversedCaseCount": work.reversed_case_count,
        "timedCaseCount": work.timed_case_count,
        "minutes": exact(work.minutes),
        "averageMinutes": hundredths(work.average_minutes),
        "casesPerHour": hundredths(work.cases_per_hour),
        "units": exact(work.units),
        "billed": plain(work.billed, currency),
        "paid": plain(work.paid, currency),
    }


def mix_item(share: ProcedureShare, work: Work, currency: str) -> dict[str, Any]:
    """Return a ``MixItem``."""
    return {
        "cptCode": share.cpt_code,
        "caseCount": share.case_count,
        "percentage": percent(Decimal(share.case_count), Decimal(work.case_count)),
        "units": exact(share.units),
        "billed": plain(share.billed, currency),
    }
