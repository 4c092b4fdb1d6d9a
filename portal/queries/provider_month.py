"""One provider's month: the statement beside the calculation, its cases, and what can explain a difference."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from portal.analytics.pay_differences import Explanation, PaidCase, explain
from portal.analytics.periods import DateRange
from portal.queries.cases import Case, cases_stream
from portal.queries.compensation import ProviderPay, statements_stream
from portal.queries.workload import WorkFilter


class SeveralProvidersError(Exception):
    """More than one provider's month was asked for."""


@dataclass(frozen=True)
class ProviderMonth:
    """Pay of a provider in a month, the cases that stand, and what can explain that the statement differs."""

    month: DateRange
    currency: str
    pay: ProviderPay
    cases: tuple[Case, ...]
    explanations: tuple[Explanation, ...]


def provider_month(connection: Connection, asked: WorkFilter) -> ProviderMonth | None:
    """Return the month of ``asked`` (the days of one month, one provider); None without a case or statement in it.

    Raises:
        SeveralProvidersError: if ``asked`` is about more than one with any.
    """
    found = list(statements_stream(connection, asked))
    if len(found) > 1:
        raise SeveralProvidersError
    if not found:
        return None
    (pay,) = found
    cases = tuple(case for case in cases_stream(connection, asked) if not case.is_reversed)
    paid = [PaidCase(case.ticket_number, case.case_date, case.amount, case.first_posted_date) for case in cases]
    explanations = explain(pay.difference, pay.bonus, asked.months.end, paid) if pay.statement_count else []
    return ProviderMonth(asked.months, asked.currency, pay, cases, tuple(explanations))
