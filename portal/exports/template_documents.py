"""What the built-in templates make: tax preparation, the workbook of four sheets, and a month on a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.charts import Bar, Figure, Spec, bars_chart
from portal.analytics.money import readable
from portal.analytics.practice import added
from portal.exports.document import Column, Document, Kind, Section, Stamp
from portal.exports.documents import Filters
from portal.exports.pictures import period_label
from portal.exports.practice_documents import case_columns
from portal.queries.cases import CaseSum, cases_stream
from portal.queries.compensation import Compensation, Pay, ProviderPay
from portal.queries.definitions import definitions
from portal.queries.workload import WorkFilter, Workload

_STATED = ("gross_pay", "commission", "bonus")
_DRAWN = "In the picture, bars are what was calculated for each month, points what was stated as gross pay."
_METRICS = ("calculated_pay", "statement_gross_pay", "compensation_difference")


@dataclass(frozen=True)
class _Stated(Pay):
    date: dt.date = dt.date.min
    provider: str = ""


@dataclass(frozen=True)
class _Line:
    figure: str
    amount: Decimal | None = None
    count: int | None = None


def tax_document(
    connection: Connection, found: Compensation, rows: Sequence[ProviderPay], stamp: Stamp, filters: Filters
) -> Document:
    """Return what was stated as pay: month by month (``monthly_summary``), and added up by year (``ytd_totals``)."""
    asked, currency = found.asked, found.asked.currency
    months = [_stated(row, row.month or asked.months.start) for row in rows if row.statement_count]
    years = _years(months)
    columns = _tax_columns(several=len({row.provider for row in months}) > 1)
    total = added(months, Pay)
    return Document(
        name=_name("tax-prep", asked),
        title="Tax preparation",
        currency=currency,
        columns=columns,
        rows=months,
        total=len(months),
        stamp=stamp,
        filters=filters,
        summary=[(name.replace("_", " ").capitalize(), readable(getattr(total, name), currency)) for name in _STATED],
        notes=["Of compensation statements. Gross pay contains commission and bonus. A month without a statement has no row."],
        definitions=definitions(connection, ("statement_gross_pay",)),
        sections=[
            Section("monthly_summary", columns, months, "What was stated for each month, named by its first day."),
            Section("ytd_totals", columns, years, "Of each year, named by its newest month with a statement."),
        ],
    )  # fmt: skip


def workbook_document(
    connection: Connection, found: Compensation, cases: CaseSum, stamp: Stamp, filters: Filters
) -> Document:
    """Return the workbook: Summary, Monthly breakdown, Transactions, and Charts, which XLSX alone has."""
    asked, currency = found.asked, found.asked.currency
    lines = _lines(found)
    months = [_monthly(pay, step.start) for step, pay in found.months]
    monthly = _month_columns()
    return Document(
        name=_name("workbook", asked),
        title="Compensation workbook",
        currency=currency,
        columns=monthly,
        rows=months,
        total=len(lines) + len(months) + cases.total,
        stamp=stamp,
        filters=filters,
        summary=_summary(found),
        notes=["Months are whole, up to the business date. A month without a statement counts as stated 0.", _DRAWN],
        definitions=definitions(connection, _METRICS),
        chart=_months_chart(found),
        sections=[
            Section("Summary", _LINES, lines),
            Section("Monthly breakdown", monthly, months, chart_columns=("date", "calculated", "gross_pay")),
            Section("Transactions", case_columns(), cases_stream(connection, asked), "Cases, reversed ones too."),
        ],
    )  # fmt: skip


def month_document(
    connection: Connection, found: Compensation, work: Workload, before: Compensation, stamp: Stamp, filters: Filters
) -> Document:
    """Return one month: pay by provider, cases by procedure, and the months before it.

    Args:
        connection: the build.
        found: the month's pay.
        work: the month's cases.
        before: the twelve months that end with it.
        stamp: where the figures come from.
        filters: what limits them.
    """
    asked, currency = found.asked, found.asked.currency
    month = asked.months.start
    mix = work.mix.get(month, [])
    months = [_monthly(pay, step.start) for step, pay in before.months]
    return Document(
        name=f"monthly-summary-{month:%Y-%m}-{currency.lower()}",
        title=f"Monthly summary, {month:%B %Y}",
        currency=currency,
        columns=_provider_columns(),
        rows=found.providers,
        total=len(found.providers) + len(mix) + len(months),
        stamp=stamp,
        filters=filters,
        summary=_summary(found),
        notes=["A month without a statement counts as stated 0; a case with two procedures is in both.", _DRAWN],
        definitions=definitions(connection, ("case_count", *_METRICS)),
        chart=_months_chart(before),
        sections=[
            Section("Pay by provider", _provider_columns(), found.providers),
            Section("Cases by procedure", _mix_columns(), mix),
            Section("Twelve months", _month_columns(), months),
        ],
    )


def _stated(row: ProviderPay, day: dt.date) -> _Stated:
    return _Stated(
        statement_count=row.statement_count, gross_pay=row.gross_pay, commission=row.commission, bonus=row.bonus,
        date=day, provider=f"{row.name} ({row.provider_id}, {row.hospital_id})",
    )  # fmt: skip


def _years(months: Iterable[_Stated]) -> list[_Stated]:
    """Return the sum of each provider's year, in the order of years and providers, named by its newest month."""
    found: dict[tuple[int, str], list[_Stated]] = {}
    for row in months:
        found.setdefault((row.date.year, row.provider), []).append(row)
    return [
        _Stated(
            gross_pay=sum((row.gross_pay for row in rows), Decimal(0)),
            commission=sum((row.commission for row in rows), Decimal(0)),
            bonus=sum((row.bonus for row in rows), Decimal(0)),
            date=max(row.date for row in rows), provider=provider,
        )
        for (_, provider), rows in sorted(found.items())
    ]  # fmt: skip


def _monthly(pay: Pay, day: dt.date) -> _Stated:
    return _Stated(
        case_count=pay.case_count, uncalculated_case_count=pay.uncalculated_case_count, calculated=pay.calculated,
        statement_count=pay.statement_count, gross_pay=pay.gross_pay, commission=pay.commission, bonus=pay.bonus,
        deductions=pay.deductions, date=day,
    )  # fmt: skip


def _lines(found: Compensation) -> list[_Line]:
    total = found.total
    amounts = ("calculated", *_STATED, "deductions", "net_pay", "difference")
    return [
        _Line("Cases", count=total.case_count),
        _Line("Cases not calculated", count=total.uncalculated_case_count),
        _Line("Statements", count=total.statement_count),
        *(_Line(name.replace("_", " ").capitalize(), getattr(total, name)) for name in amounts),
    ]


def _summary(found: Compensation) -> list[tuple[str, str]]:
    total, currency = found.total, found.asked.currency
    return [
        ("Cases", f"{total.case_count:,}"),
        ("Calculated", readable(total.calculated, currency)),
        ("Stated gross pay", readable(total.gross_pay, currency)),
        ("Difference", readable(total.difference, currency)),
    ]


def _months_chart(found: Compensation) -> Spec:
    bars = [
        Bar(step.start, period_label(step.start, "month", years=True), pay.calculated, step.partial, pay.gross_pay)
        for step, pay in found.months
    ]
    return bars_chart(
        bars, Figure("Calculated", found.asked.currency), "Calculated pay by month, beside what was stated (points)"
    )


def _tax_columns(*, several: bool) -> tuple[Column, ...]:
    who = (_column("provider", "Provider", "text"),) if several else ()
    return (*who, _column("date", "Date", "date"), *(_amount(name) for name in _STATED))


def _month_columns() -> tuple[Column, ...]:
    return (
        _column("date", "Month", "date"),
        _column("case_count", "Cases", "integer"),
        _column("calculated", "Calculated", "money"),
        *(_amount(name) for name in (*_STATED, "deductions", "net_pay", "difference")),
    )


def _provider_columns() -> tuple[Column, ...]:
    return (
        _column("hospital_id", "Hospital", "text"),
        _column("provider_id", "Provider", "text"),
        _column("name", "Name", "text"),
        _column("case_count", "Cases", "integer"),
        _column("calculated", "Calculated", "money"),
        *(_amount(name) for name in (*_STATED, "difference")),
    )


def _mix_columns() -> tuple[Column, ...]:
    return (
        _column("cpt_code", "Procedure", "text"),
        _column("case_count", "Cases", "integer"),
        _column("units", "Units", "rate"),
        _column("billed", "Billed", "money"),
    )


def _amount(name: str) -> Column:
    return _column(name, name.replace("_", " ").capitalize(), "money")


def _column(name: str, label: str, kind: Kind) -> Column:
    return Column(name, label, kind, attrgetter(name))


_LINES = (
    _column("figure", "Figure", "text"),
    _column("amount", "Amount", "money"),
    _column("count", "Number", "integer"),
)


def _name(what: str, asked: WorkFilter) -> str:
    return f"{what}-{asked.months.start}-{asked.months.end}-{asked.currency.lower()}"
