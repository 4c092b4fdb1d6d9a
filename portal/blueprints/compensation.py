"""Compensation: what was calculated beside what was stated, by month, and the arithmetic of each case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from portal.analytics.periods import DateRange, months_from
from portal.api.v1.asked import Reach, checked_months, currencies_shown, past_day, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.download import download
from portal.api.v1.parameters import Day, ExportFormat, Text
from portal.api.v1.practice_asked import work_asked
from portal.api.v1.practice_parameters import Month, PracticeQuery
from portal.api.v1.schema import InvalidParametersError
from portal.blueprints.filters import FORMATS, Filters, frame, link, read
from portal.exports.calculation_report import METRICS, arithmetic, calculation_report, said
from portal.formatting import day
from portal.queries.compensation import Compensation, ProviderPay, compensation, statements_stream
from portal.queries.definitions import definitions
from portal.queries.provider_month import ProviderMonth, SeveralProvidersError, provider_month
from portal.queries.providers import own_providers
from portal.security import current_providers, requires

blueprint = Blueprint("compensation", __name__, url_prefix="/compensation")


class MonthsQuery(PracticeQuery):
    """Which months, and whose."""

    start_date: Day | None = None


class MonthQuery(PracticeQuery):
    """One month of one provider."""

    provider_id: Text | None = None
    month: Month | None = None


class ReportQuery(MonthQuery):
    """Parameters of the calculation report's files."""

    format: ExportFormat = "pdf"


@dataclass(frozen=True)
class Block:
    """Months and statements in one currency."""

    found: Compensation
    statements: list[ProviderPay]

    @property
    def currency(self) -> str:
        """The currency of the block."""
        return self.found.asked.currency

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of the page's figures as files."""
        months = self.found.asked.months
        return [
            (
                name,
                link(
                    "api_v1.exports.export_compensation", format=name, currency=self.currency,
                    startDate=months.start, endDate=months.end,
                ),
            )
            for name in FORMATS
        ]  # fmt: skip

    def behind(self, days: DateRange) -> str:
        """Return the address of the cases of some days."""
        return link("insights.cases", currency=self.currency, startDate=days.start, endDate=days.end)

    def calculation(self, pay: ProviderPay) -> str:
        """Return the address of the arithmetic behind a provider's month."""
        month = pay.month.strftime("%Y-%m") if pay.month else None
        return link(
            "compensation.month", providerId=pay.provider_id, hospitalId=pay.hospital_id, month=month,
            currency=self.currency, startDate=None, endDate=None,
        )  # fmt: skip


@blueprint.get("")
@requires("compensation:read")
def index() -> ResponseReturnValue:
    """Show pay by month, calculated beside stated."""
    filters, here = read(MonthsQuery), reach()
    blocks = _blocks(filters, here)
    months = blocks[0].found.asked.months if blocks else None
    page = render_template(
        "practice/compensation.html", query=filters.query, errors=filters.errors, blocks=blocks, **frame(here),
        start=filters.query.start_date or (months.start if months else None), end=filters.query.end_date or here.business_date,
        providers=own_providers(here.marts, current_providers()), definitions=definitions(here.marts, METRICS),
    )  # fmt: skip
    return page, filters.status


@blueprint.get("/month")
@requires("compensation:read")
def month() -> ResponseReturnValue:
    """Show the arithmetic behind one provider's month, and what can explain a difference to the statement."""
    filters, here = read(MonthQuery), reach()
    found = _month(_checked(filters), here)
    return render_template(
        "practice/month.html", found=found, arithmetic=arithmetic, said=said, **frame(here),
        exports=[(name, link("compensation.report", format=name)) for name in FORMATS],
        definitions=definitions(here.marts, METRICS),
    )  # fmt: skip


@blueprint.get("/month/report")
@requires("compensation:read", "exports:create", fresh=True)
def report() -> Response:
    """Return the ASMG calculation report of a provider's month."""
    filters, here = read(ReportQuery), reach()
    query = _checked(filters)
    found = _month(query, here)
    words = described(query, here, [("Doctor", found.pay.name), ("Month", f"{found.month.start:%B %Y}")])
    document = calculation_report(here.marts, found, stamp(here), words)
    return download(document, filters.query.format)


def _checked(filters: Filters[MonthQuery] | Filters[ReportQuery]) -> MonthQuery:
    query = filters.query
    missing = {
        name: "is required"
        for name, value in (("month", query.month), ("providerId", query.provider_id))
        if value is None and name not in filters.errors
    }
    if filters.errors or missing:
        raise InvalidParametersError(filters.errors | missing)
    return query


def _month(query: MonthQuery, here: Reach) -> ProviderMonth:
    first = past_day(query.month, "month", here) or here.business_date
    whole = DateRange(first, first).whole_months
    try:
        found = provider_month(here.marts, work_asked(query, whole, here))
    except SeveralProvidersError:
        raise InvalidParametersError({"hospitalId": "is required, as several providers have this id"}) from None
    if found is None:
        abort(404, f"This provider has neither cases nor a statement in {whole.start:%B %Y}.")
    return found


def _blocks(filters: Filters[MonthsQuery], here: Reach) -> list[Block]:
    if filters.errors:
        return []
    try:
        months = _months(filters.query, here)
        asked = [
            work_asked(filters.query.model_copy(update={"currency": currency}), months, here)
            for currency in currencies_shown(filters.query, here.currencies)
        ]
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return []
    return [
        Block(compensation(here.marts, one, here.business_date), list(statements_stream(here.marts, one)))
        for one in asked
    ]


def _months(query: MonthsQuery, here: Reach) -> DateRange:
    end = past_day(query.end_date, "endDate", here) or here.business_date
    start: date = query.start_date or months_from(end.replace(day=1), -11)
    if start > end:
        raise InvalidParametersError({"startDate": f"is after the last day, {day(end)}: choose an earlier one"})
    return checked_months(DateRange(start, end))
