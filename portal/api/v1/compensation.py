"""Compensation: what was calculated beside what was stated, and the cases behind it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import exact, plain
from portal.api.v1.asked import checked_months, range_asked, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.practice_asked import work_asked
from portal.api.v1.practice_parameters import CompensationQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.cases import Case, cases_page
from portal.queries.compensation import Pay, compensation
from portal.security import requires

blueprint = Blueprint("compensation", __name__)


class Statement(Camel):
    """What the statements say: the gross contains commission and bonus; net is gross less deductions."""

    gross_pay: str
    commission: str
    bonus: str
    deductions: str
    net_pay: str


class PaySums(Camel):
    """Calculated beside stated pay; of the statements, ``importedStatementCount`` were imported by people.

    ``statement`` is None where there is none, ``difference`` is stated less calculated.
    """

    case_count: int
    uncalculated_case_count: int
    calculated: str
    statement_count: int
    imported_statement_count: int
    statement: Statement | None
    difference: str


class PayMonth(PaySums):
    """One month; ``partial`` while it runs."""

    month: date
    partial: bool


class ProviderPayItem(PaySums):
    """Pay of one provider."""

    provider_id: str
    hospital_id: str
    name: str


class CaseItem(Camel):
    """One case and its pay: total units × conversion factor × modifier factor × share.

    ``amount`` is None where it cannot be calculated, and ``uncalculated_reason`` says why: no_plan, no_base_units, no_minutes.
    """

    hospital_id: str
    provider_id: str
    provider_name: str
    ticket_number: str
    case_date: date
    cpt_code: str | None
    base_units: str | None
    minutes: str | None
    minutes_per_unit: str | None
    time_units: str | None
    modifier_units: str | None
    modifier_factor: str | None
    unknown_modifier_count: int | None
    total_units: str | None
    plan_valid_from: date | None
    conversion_factor: str | None
    share_percent: str | None
    amount: str | None
    uncalculated_reason: str | None
    billed: str | None
    paid: str | None


class CompensationData(Camel):
    """Pay of some months: all of it, month by month, by provider, and a page of the cases."""

    total: PaySums
    months: list[PayMonth]
    providers: list[ProviderPayItem]
    cases: list[CaseItem]


@blueprint.get("/compensation")
@requires("compensation:read")
@operation(CompensationData, paged=True)
def show(query: CompensationQuery) -> Response:
    """Pay of the caller's providers by month of the case: calculated beside stated, with the cases, oldest first.

    Months are whole, up to the business date: `meta.startDate` and `meta.endDate` say which. Cases that cannot be calculated
    have no amount and a reason, and are counted. `difference` takes a month without a statement as stated 0.
    """
    here = reach()
    months = checked_months(range_asked(query, here))
    asked = work_asked(query, months, here)
    found, currency = compensation(here.marts, asked, here.business_date), asked.currency
    data = {
        "total": _sums(found.total, currency),
        "months": [
            {"month": step.start, "partial": step.partial, **_sums(pay, currency)} for step, pay in found.months
        ],
        "providers": [
            {"providerId": who.provider_id, "hospitalId": who.hospital_id, "name": who.name, **_sums(who, currency)}
            for who in found.providers
        ],
        "cases": [_case(case, currency) for case in cases_page(here.marts, asked, query.page, query.limit)],
    }
    page = Pagination(query.page, query.limit, found.total.case_count)
    return ok(data, page, currency=currency, startDate=months.start, endDate=months.end)


def _sums(pay: Pay, currency: str) -> dict[str, Any]:
    return {
        "caseCount": pay.case_count,
        "uncalculatedCaseCount": pay.uncalculated_case_count,
        "calculated": plain(pay.calculated, currency),
        "statementCount": pay.statement_count,
        "importedStatementCount": pay.imported_count,
        "statement": _statement(pay, currency) if pay.statement_count else None,
        "difference": plain(pay.difference, currency),
    }


def _statement(pay: Pay, currency: str) -> dict[str, str]:
    return {
        "grossPay": plain(pay.gross_pay, currency),
        "commission": plain(pay.commission, currency),
        "bonus": plain(pay.bonus, currency),
        "deductions": plain(pay.deductions, currency),
        "netPay": plain(pay.net_pay, currency),
    }


def _case(case: Case, currency: str) -> dict[str, Any]:
    return {
        "hospitalId": case.hospital_id,
        "providerId": case.provider_id,
        "providerName": case.provider_name,
        "ticketNumber": case.ticket_number,
        "caseDate": case.case_date,
        "cptCode": case.cpt_code,
        "baseUnits": _quantity(case.base_units),
        "minutes": _quantity(case.minutes),
        "minutesPerUnit": _quantity(case.minutes_per_unit),
        "timeUnits": _quantity(case.time_units),
        "modifierUnits": _quantity(case.modifier_units),
        "modifierFactor": _quantity(case.modifier_factor),
        "unknownModifierCount": case.unknown_modifier_count,
        "totalUnits": _quantity(case.total_units),
        "planValidFrom": case.plan_valid_from,
        "conversionFactor": _quantity(case.conversion_factor),
        "sharePercent": _quantity(case.share_percent),
        "amount": _money(case.amount, currency),
        "uncalculatedReason": case.uncalculated_reason,
        "billed": _money(case.billed, currency),
        "paid": _money(case.paid, currency),
    }


def _quantity(value: Decimal | None) -> str | None:
    return None if value is None else exact(value)


def _money(value: Decimal | None, currency: str) -> str | None:
    return None if value is None else plain(value, currency)
