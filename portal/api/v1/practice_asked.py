"""Whose work and pay is asked for: never anybody's whom the caller is not linked to."""

from __future__ import annotations

from flask import abort, g

from portal.analytics.periods import DateRange, months_from
from portal.api.v1.asked import Reach, checked_months, currency_of, past_day
from portal.api.v1.practice_parameters import CasesQuery, InsightsQuery, PracticeQuery
from portal.api.v1.schema import InvalidParametersError
from portal.queries.cases import CaseFilter
from portal.queries.insights import InsightsFilter
from portal.queries.providers import provider_keys
from portal.queries.workload import WorkFilter
from portal.security import current_providers


def work_asked(query: PracticeQuery, days: DateRange, here: Reach) -> WorkFilter:
    """Return the work of ``days`` by the caller's providers, or by the one that is asked for; 404 if it is not among them."""
    keys = provider_keys(here.marts, current_providers(), query.provider_id)
    if query.provider_id is not None and not keys:
        g.denied = True
        abort(404, "There is no such provider among yours.")
    return WorkFilter(days, currency_of(query, here.currencies), keys)


def cases_asked(query: CasesQuery, days: DateRange, here: Reach) -> CaseFilter:
    """Return the cases of ``days`` that are asked for, of the caller's providers alone."""
    work = work_asked(query, days, here)
    return CaseFilter(work.months, work.currency, work.providers, query.ticket_number, query.cpt_code)


def insights_asked(query: InsightsQuery, here: Reach, currency: str | None = None) -> InsightsFilter:
    """Return the practice that is asked for, in ``currency`` or the one that is named.

    Raises:
        InvalidParametersError: for days or months after the business date, and too many months.
    """
    end = past_day(query.end_date, "endDate", here) or here.business_date
    start = query.start_date or months_from(end.replace(day=1), -11)
    if start > end:
        raise InvalidParametersError({"startDate": f"is after the last day, {end}: choose an earlier one"})
    named = query if currency is None else query.model_copy(update={"currency": currency})
    work = work_asked(named, checked_months(DateRange(start, end)), here)
    month = past_day(query.month, "month", here) or here.business_date.replace(day=1)
    against = past_day(query.against, "against", here) or months_from(month, -12)
    return InsightsFilter(work, query.measure, query.granularity, (month, against))
