"""The parts of insights as tables: what the page shows, and the same as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import Any, Literal

from sqlalchemy import Connection

from portal.analytics.alert_texts import MEASURES, sentence
from portal.analytics.anomalies import RULES
from portal.analytics.benchmarks import MONEY, Benchmark, BenchmarkLine
from portal.analytics.comparing import Compared
from portal.analytics.money import exact, hundredths, readable
from portal.analytics.periods import DateRange
from portal.analytics.practice import PracticeFigures, Work
from portal.exports import insight_links
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.insights import Insights

Part = Literal["comparisons", "workload", "case-mix", "providers", "running", "side-by-side", "benchmarks", "alerts"]
METRICS = ("calculated_pay", "case_count", "average_case_minutes", "cases_per_hour", "net_collection_rate")
BENCHMARK_NAMES: dict[Benchmark, str] = {
    "cases": "Cases a month, each provider",
    "average_minutes": "Average minutes of a case",
    "cases_per_hour": "Cases an hour",
    "compensation": "Calculated pay a month, each provider",
    "paid_per_case": "Paid for a case",
    "net_collection_rate": "Net collection rate of twelve months, %",
}
_TITLES: dict[Part, str] = {
    "comparisons": "Compared with the period and the year before",
    "workload": "Workload by month",
    "case-mix": "Case mix",
    "providers": "Work by provider",
    "running": "Running total",
    "side-by-side": "Two months side by side",
    "benchmarks": "Benchmarks",
    "alerts": "Alerts",
}
_CHARTS: dict[Part, tuple[str, ...]] = {
    "comparisons": ("period", "amount", "year_before"),
    "workload": ("month", "cases"),
    "case-mix": ("procedure", "cases"),
    "running": ("month", "this_year", "year_before"),
}
_LATER = "Paid is what has come in so far for the cases of these days: for recent ones it still grows."
_NOTES: dict[Part, str] = {
    "comparisons": "Of a running period so many days count, and as many of the former ones.",
    "workload": f"Minutes and cases an hour are of cases whose minutes are known. {_LATER}",
    "case-mix": "A case with two procedures is in both lines: cases do not add up over procedures.",
    "side-by-side": f"While one of the months runs, both count as many days. {_LATER}",
    "benchmarks": "Of the last whole month. Medians are of the twelve months before; "
    "a department's is said of five providers or more.",
}


@dataclass(frozen=True)
class _Share:
    cpt_code: str
    case_count: int
    units: Decimal
    billed: Decimal


@dataclass(frozen=True)
class _Beside:
    figure: str
    first: str
    second: str
    change: str


def insight_documents(connection: Connection, found: Insights, stamp: Stamp, filters: Filters) -> dict[Part, Document]:
    """Return every part of ``found`` as a document."""
    currency, days = found.asked.work.currency, found.asked.work.months
    defined = definitions(connection, METRICS)
    parts: dict[Part, tuple[Sequence[Column], Sequence[Any]]] = {
        "comparisons": (_comparison_columns(found), found.periods),
        "workload": (
            _work_columns(
                Column("month", "Month", "date", lambda row: row[0].start), itemgetter(1), insight_links.of_month
            ),
            found.work.months,
        ),
        "case-mix": (_mix_columns(days), _mix(found)),
        "providers": (
            _work_columns(
                _column("provider", "Provider", "text", "name"), lambda who: who, insight_links.of_provider(days)
            ),
            found.work.providers,
        ),
        "running": (_running_columns(found), _month_ends(found)),
        "side-by-side": (_beside_columns(found), _beside(found)),
        "benchmarks": (_benchmark_columns(currency), found.benchmarks),
        "alerts": (_alert_columns(currency), found.alerts),
    }
    return {
        part: Document(
            name=f"insights-{part}-{days.start}-{days.end}-{currency.lower()}",
            title=_TITLES[part],
            currency=currency,
            columns=columns,
            rows=rows,
            total=len(rows),
            stamp=stamp,
            filters=filters,
            notes=_notes(part, found),
            definitions=defined,
            chart_columns=_CHARTS.get(part, ()),
        )
        for part, (columns, rows) in parts.items()
    }


def _notes(part: Part, found: Insights) -> list[str]:
    notes = [_NOTES[part]] if part in _NOTES else []
    if part == "running":
        notes = [_year_end(found)]
    grows = found.asked.measure == "paid" and part in ("comparisons", "running")
    return [*notes, _LATER] if grows else notes


def _year_end(found: Insights) -> str:
    end, asked = found.projection, found.asked
    if asked.measure == "paid":
        return "Where the year will end is not said of what was paid: payments of its newest months are still to come."
    if end is None:
        return "Where the year will end cannot be said yet: no month of it, or of the year before, is closed."

    def said(amount: Decimal) -> str:
        return exact(amount) if asked.measure == "cases" else readable(amount, asked.work.currency)

    bands = "".join(f"; {band.level} %: {said(band.low)} to {said(band.high)}" for band in end.bands)
    return f"Expected by the end of the year: {said(end.amount)}{bands}. Forecast from closed months, as on the page Forecast."


def _comparison_columns(found: Insights) -> list[Column]:
    kind = _kind(found)
    return [
        _column("period", "From", "date", "days.start"),
        _column("counted_to", "To", "date", "counted.end"),
        Column("partial", "Partial", "text", lambda period: "partial" if period.partial else ""),
        _column("amount", MEASURES[found.asked.measure], kind, behind=insight_links.of_row("counted")),
        _column("previous", "Period before", kind, "previous.amount", insight_links.of_row("previous.days")),
        Column("previous_change", "Change %", "rate", _change("previous"), is_fact=True),
        _column("year_before", "Year before", kind, "year_before.amount", insight_links.of_row("year_before.days")),
        Column("year_before_change", "Change on year %", "rate", _change("year_before"), is_fact=True),
    ]


def _change(former: str) -> Callable[[Compared], Decimal | None]:
    return lambda period: getattr(period, former).change_percent


def _work_columns(first: Column, work: Callable[[Any], Work], behind: Callable[[Any], Behind | None]) -> list[Column]:
    def column(name: str, label: str, kind: Kind, source: str = "") -> Column:
        leads = None if kind == "rate" else behind
        return Column(
            name, label, kind, lambda row: getattr(work(row), source or name), behind=leads, is_fact=leads is None
        )

    return [
        first,
        column("cases", "Cases", "integer", "case_count"),
        column("reversed", "Reversed", "integer", "reversed_case_count"),
        column("average_minutes", "Average minutes", "rate"),
        column("cases_per_hour", "Cases an hour", "rate"),
        column("billed", "Billed", "money"),
        column("paid", "Paid", "money"),
    ]


def _mix_columns(days: DateRange) -> list[Column]:
    return [
        _column("procedure", "Procedure", "text", "cpt_code"),
        _column("cases", "Cases", "integer", "case_count", insight_links.of_procedure(days)),
        Column("units", "Units", "text", lambda share: exact(share.units)),
        _column("billed", "Billed", "money"),
    ]


def _mix(found: Insights) -> list[_Share]:
    sums: dict[str, _Share] = {}
    for share in (share for shares in found.work.mix.values() for share in shares):
        so_far = sums.get(share.cpt_code, _Share(share.cpt_code, 0, Decimal(0), Decimal(0)))
        sums[share.cpt_code] = _Share(
            share.cpt_code, so_far.case_count + share.case_count, so_far.units + share.units, so_far.billed + share.billed
        )  # fmt: skip
    return sorted(sums.values(), key=lambda share: (-share.case_count, share.cpt_code))


def _running_columns(found: Insights) -> list[Column]:
    return [
        _column("month", "By", "date", "day"),
        _column("this_year", "This year", _kind(found), "amount", insight_links.of_year_to),
        _column("year_before", "Year before", _kind(found), behind=insight_links.of_year_before_to),
    ]


def _month_ends(found: Insights) -> list[Any]:
    last = [step for step, following in zip(found.running, found.running[1:], strict=False) if following.day.day == 1]
    today = [step for step in found.running if step.day == found.business_date]
    return sorted({step.day: step for step in [*last, *today, *found.running[-1:]]}.values(), key=attrgetter("day"))


def _beside_columns(found: Insights) -> list[Column]:
    first, second = (month.days for month in found.side_by_side)
    return [
        _column("figure", "Figure", "text"),
        _column("first", _of_month(first), "text", behind=insight_links.of_side(first)),
        _column("second", _of_month(second), "text", behind=insight_links.of_side(second)),
        _column("change", "Difference", "text"),
    ]


def _of_month(days: DateRange) -> str:
    return f"{days.start.day}\u2013{days.end.day} {days.end:%b %Y}"


def _beside(found: Insights) -> list[_Beside]:
    currency = found.asked.work.currency

    def money(amount: Decimal) -> str:
        return readable(amount, currency)

    figures: list[tuple[str, Callable[[PracticeFigures], Decimal], Callable[[Decimal], str]]] = [
        ("Cases", lambda month: Decimal(month.case_count), exact),
        ("Average minutes", lambda month: month.average_minutes, hundredths),
        ("Cases an hour", lambda month: month.cases_per_hour, hundredths),
        ("Calculated pay", lambda month: month.compensation, money),
        ("Billed", lambda month: month.billed, money),
        ("Paid", lambda month: month.paid, money),
    ]
    first, second = (month.figures for month in found.side_by_side)
    return [
        _Beside(name, written(of(first)), written(of(second)), written(of(first) - of(second)))
        for name, of, written in figures
    ]


def _benchmark_columns(currency: str) -> list[Column]:
    def said(name: str) -> Callable[[BenchmarkLine], str | None]:
        def value(line: BenchmarkLine) -> str | None:
            figure = getattr(line, name)
            if figure is None:
                return None
            return readable(figure, currency) if line.benchmark in MONEY else hundredths(figure)

        return value

    return [
        Column("benchmark", "Figure", "text", lambda line: BENCHMARK_NAMES[line.benchmark]),
        Column("value", "Last whole month", "text", said("value")),
        Column("own_median", "Own median", "text", said("own_median")),
        Column("department_median", "Department median", "text", said("department_median")),
        Column("target", "Target", "text", said("target")),
    ]


def _alert_columns(currency: str) -> list[Column]:
    return [
        _column("rule", "Rule", "text"),
        _column("from", "From", "date", "days.start"),
        _column("to", "To", "date", "days.end"),
        Column("message", "What", "text", lambda alert: sentence(alert, currency)),
        Column("rule_text", "Rule in words", "text", lambda alert: RULES[alert.rule], is_long=True),
    ]


def _kind(found: Insights) -> Kind:
    return "integer" if found.asked.measure == "cases" else "money"


def _column(
    name: str, label: str, kind: Kind, source: str = "", behind: Callable[[Any], Behind | None] | None = None
) -> Column:
    return Column(name, label, kind, attrgetter(source or name), behind=behind)
