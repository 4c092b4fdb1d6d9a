"""Cases of providers with everything their pay was calculated from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.queries.providers import OF_PROVIDERS
from portal.queries.sql import one, rows, stream
from portal.queries.workload import WorkFilter

_FROM = f"""
    from fct_cases as cases
    inner join dim_hospitals as hospitals on cases.hospital_id = hospitals.hospital_id
    inner join dim_providers as providers on cases.provider_key = providers.provider_key
    left join fct_case_compensation as pay on cases.case_key = pay.case_key
    where cases.currency = :currency and cases.case_date between :start and :end
      and cases.case_date <= hospitals.business_date
      and (:reversed or not cases.is_reversed)
      and (cast(:ticket as text) is null or cases.ticket_number = :ticket)
      and (cast(:cpt_code as text) is null or exists (
          select from fct_charges as charges
          where charges.case_key = cases.case_key and charges.cpt_code = :cpt_code
            and (cases.is_reversed or not charges.is_reversal and not charges.is_reversed)
      ))
      and {OF_PROVIDERS.format(column="cases.provider_key")}"""
_ROWS = f"""
    select cases.hospital_id, providers.provider_id, providers.name as provider_name, cases.ticket_number, cases.case_date,
           cases.is_reversed, cases.primary_cpt_code as cpt_code, cases.code_count, cases.base_units, cases.minutes,
           pay.minutes_per_unit, pay.time_units, pay.modifier_units, pay.modifier_factor, pay.unknown_modifier_count,
           pay.total_units, pay.plan_valid_from, pay.conversion_factor, pay.share_percent, pay.amount, pay.uncalculated_reason,
           cases.billed, cases.paid, cases.first_posted_date, cases.last_posted_date
    {_FROM}"""
_OLDEST_FIRST = "cases.case_date, cases.ticket_number, providers.provider_id, cases.case_key"
SORTS = {
    "caseDate": "cases.case_date", "ticketNumber": "cases.ticket_number", "providerName": "providers.name",
    "cptCode": "cases.primary_cpt_code", "minutes": "cases.minutes", "units": "pay.total_units", "amount": "pay.amount",
    "billed": "cases.billed", "paid": "cases.paid",
}  # fmt: skip
"""What cases may be sorted by, with a leading ``-`` the other way round."""
_SUM = f"""
    select count(*) as total, count(*) filter (where not cases.is_reversed) as case_count,
           count(pay.uncalculated_reason) as uncalculated, coalesce(sum(pay.amount), 0) as amount,
           coalesce(sum(cases.billed), 0) as billed, coalesce(sum(cases.paid), 0) as paid
    {_FROM}"""


@dataclass(frozen=True)
class CaseFilter(WorkFilter):
    """Which cases: of whom and when, and of them those of one ticket, or with a standing charge of one procedure."""

    ticket_number: str | None = None
    cpt_code: str | None = None


@dataclass(frozen=True)
class Case:
    """One case: charges of one provider, ticket and day. Pay is None where it cannot be calculated, with the reason."""

    hospital_id: str
    provider_id: str
    provider_name: str
    ticket_number: str
    case_date: date
    is_reversed: bool
    cpt_code: str | None
    code_count: int
    base_units: Decimal | None
    minutes: Decimal | None
    minutes_per_unit: Decimal | None
    time_units: Decimal | None
    modifier_units: Decimal | None
    modifier_factor: Decimal | None
    unknown_modifier_count: int | None
    total_units: Decimal | None
    plan_valid_from: date | None
    conversion_factor: Decimal | None
    share_percent: Decimal | None
    amount: Decimal | None
    uncalculated_reason: str | None
    billed: Decimal | None
    paid: Decimal | None
    first_posted_date: date | None
    last_posted_date: date | None


@dataclass(frozen=True)
class CaseSum:
    """Rows, cases that stand among them, those without calculated pay, and money."""

    total: int
    case_count: int
    uncalculated: int
    amount: Decimal
    billed: Decimal
    paid: Decimal


def cases_page(
    connection: Connection,
    asked: WorkFilter,
    page: int,
    limit: int,
    with_reversed: bool = False,
    sort: str = "caseDate",
) -> list[Case]:
    """Return one page (from 1) of the cases that stand; those of which nothing stands too, if asked for.

    Args:
        connection: the build.
        asked: which.
        page: from 1.
        limit: rows of a page.
        with_reversed: whether those of which nothing stands are listed.
        sort: one of ``SORTS``; what has no value comes last, and equal ones oldest first.
    """
    turn = "desc" if sort.startswith("-") else "asc"
    order = f"order by {SORTS[sort.removeprefix('-')]} {turn} nulls last, {_OLDEST_FIRST}"
    parameters = _given(asked, with_reversed) | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, f"{_ROWS} {order} limit :limit offset :offset", parameters, Case)


def cases_stream(connection: Connection, asked: WorkFilter) -> Iterator[Case]:
    """Yield the cases, oldest first; those of which nothing stands too, for their money."""
    return stream(connection, f"{_ROWS} order by {_OLDEST_FIRST}", _given(asked, with_reversed=True), Case)


def cases_sum(connection: Connection, asked: WorkFilter) -> CaseSum:
    """Return the sums of what ``cases_stream`` yields."""
    return one(connection, _SUM, _given(asked, with_reversed=True), CaseSum)


def _given(asked: WorkFilter, with_reversed: bool) -> dict[str, Any]:
    narrowed = asked if isinstance(asked, CaseFilter) else CaseFilter(asked.months, asked.currency, asked.providers)
    return asked.parameters | {
        "reversed": with_reversed, "ticket": narrowed.ticket_number, "cpt_code": narrowed.cpt_code,
    }  # fmt: skip
