"""What the built-in templates make, from their parameters to the document."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from portal.analytics.periods import DateRange, last_whole_month, months_from
from portal.api.v1.asked import Reach, checked_months, past_day, stamp
from portal.api.v1.described import described
from portal.api.v1.parameters import Text
from portal.api.v1.practice_asked import work_asked
from portal.api.v1.practice_parameters import Month, PracticeQuery
from portal.api.v1.schema import InvalidParametersError, Query
from portal.exports.document import Document
from portal.exports.template_documents import month_document, tax_document, workbook_document
from portal.queries.cases import cases_sum
from portal.queries.compensation import compensation, statements_stream
from portal.queries.workload import WorkFilter, workload


class MonthQuery(Query):
    """Which month, and whose."""

    month: Month | None = Field(default=None, description="As YYYY-MM; default: the newest month that is over.")
    provider_id: Text | None = Field(
        default=None, description="One provider among the caller's; default: all of them. Another one's is 404."
    )


def tax_prep(query: PracticeQuery, here: Reach) -> Document:
    """Return what statements say of the months that ``query`` asks for, and of their years."""
    asked = _work(query, here)
    found = compensation(here.marts, asked, here.business_date)
    rows = list(statements_stream(here.marts, asked))
    return tax_document(here.marts, found, rows, stamp(here), _words(query, here, asked))


def workbook(query: PracticeQuery, here: Reach) -> Document:
    """Return the workbook of the months that ``query`` asks for."""
    asked = _work(query, here)
    found = compensation(here.marts, asked, here.business_date)
    words = _words(query, here, asked)
    return workbook_document(here.marts, found, cases_sum(here.marts, asked), stamp(here), words)


def monthly_summary(query: MonthQuery, here: Reach) -> Document:
    """Return the month that ``query`` asks for.

    Raises:
        InvalidParametersError: for a month after the business date.
    """
    first = past_day(query.month, "month", here) or last_whole_month(here.business_date).start
    practice = PracticeQuery.model_validate({"currency": query.currency, "providerId": query.provider_id})
    asked = work_asked(practice, DateRange(first, first).whole_months, here)
    year = WorkFilter(DateRange(months_from(first, -11), asked.months.end), asked.currency, asked.providers)
    return month_document(
        here.marts,
        compensation(here.marts, asked, here.business_date),
        workload(here.marts, asked, here.business_date),
        compensation(here.marts, year, here.business_date),
        stamp(here),
        described(query, here, [("From", asked.months.start), ("To", asked.months.end)]),
    )


def _work(query: PracticeQuery, here: Reach) -> WorkFilter:
    end = query.end_date or max(here.business_date, query.start_date or date.min)
    start = query.start_date or end.replace(month=1, day=1)
    if start > end:
        raise InvalidParametersError({"startDate": f"is after the last day, {end}: choose an earlier one"})
    return work_asked(query, checked_months(DateRange(start, end)), here)


def _words(query: PracticeQuery, here: Reach, asked: WorkFilter) -> list[tuple[str, str]]:
    return described(query, here, [("From", asked.months.start), ("To", asked.months.end)])
