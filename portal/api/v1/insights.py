"""Insights: a practice at a glance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from portal.analytics.alert_texts import sentence
from portal.analytics.anomalies import RULES, Alert
from portal.analytics.benchmarks import MONEY, BenchmarkLine
from portal.analytics.comparing import Compared
from portal.analytics.money import exact, hundredths, plain
from portal.analytics.practice import Measure
from portal.analytics.projection import Projection
from portal.analytics.velocity import Burn
from portal.api.v1.asked import reach
from portal.api.v1.comparisons import PeriodComparison, former_item
from portal.api.v1.envelope import ok
from portal.api.v1.practice_asked import insights_asked
from portal.api.v1.practice_parameters import InsightsQuery
from portal.api.v1.schema import Camel, operation
from portal.api.v1.workload import WorkMonth, WorkSums, mix_item, work_sums
from portal.queries.insights import Insights, MonthFigures, insights
from portal.security import requires

blueprint = Blueprint("insights", __name__)


class MonthBeside(WorkSums):
    """One of two months side by side; while one of them runs, both count as many days."""

    start_date: date
    end_date: date
    compensation: str
    uncalculated_case_count: int


class RunningItem(Camel):
    """What had come by a day of this year (None after the business date), and by the same day of the year before."""

    date: date
    amount: str | None
    year_before: str


class BurnItem(Camel):
    """Operating costs of some months, and what was paid for the cases of the same ones."""

    start_date: date
    end_date: date
    costs: str
    monthly_costs: str
    paid: str
    covered_percentage: str


class BandItem(Camel):
    """Between which figures the actual one is expected to lie, in ``level`` percent of cases."""

    level: int
    low: str
    high: str


class ProjectionItem(Camel):
    """What the year will come to; ``closed_to`` is the last day that counts as it came, None if no month is closed yet."""

    amount: str
    bands: list[BandItem]
    closed_to: date | None


class Velocity(Camel):
    """How fast the year's income comes.

    ``projection`` is None where there is too little to say; ``burn`` where no costs are known, or they are not of these
    providers alone.
    """

    running: list[RunningItem]
    projection: ProjectionItem | None
    burn: BurnItem | None


class BenchmarkItem(Camel):
    """A figure of the last whole month (the collection rate: of twelve) and what it is measured against, None if unknown."""

    benchmark: str
    value: str | None
    own_median: str | None
    department_median: str | None
    target: str | None


class AlertItem(Camel):
    """Something to look at: which rule fired, over which days, on what evidence."""

    rule: str
    rule_text: str
    start_date: date
    end_date: date
    measure: str | None
    found: str
    usual: str | None
    amount: str | None
    message: str


class InsightsData(Camel):
    """A practice at a glance."""

    measure: str
    month: PeriodComparison
    year: PeriodComparison
    periods: list[PeriodComparison]
    workload: WorkSums
    workload_months: list[WorkMonth]
    side_by_side: list[MonthBeside]
    velocity: Velocity
    benchmarks: list[BenchmarkItem]
    alerts: list[AlertItem]


@blueprint.get("/insights")
@requires("compensation:read")
@operation(InsightsData)
def show(query: InsightsQuery) -> Response:
    """What the caller's providers did and earned: compared, measured, and what to look at.

    `month` and `year` are the current ones beside the former ones, like for like; `periods` those of the days asked for.
    Benchmarks of a department are said of five providers or more. An alert names its rule and its evidence.
    """
    here = reach()
    asked = insights_asked(query, here)
    found, months = insights(here.marts, asked, here.business_date), asked.work.months
    return ok(_data(found), currency=asked.work.currency, startDate=months.start, endDate=months.end)


def _data(found: Insights) -> dict[str, Any]:
    currency, measure = found.asked.work.currency, found.asked.measure
    return {
        "measure": measure,
        "month": _compared(found.month, measure, currency),
        "year": _compared(found.year, measure, currency),
        "periods": [_compared(period, measure, currency) for period in found.periods],
        "workload": work_sums(found.work.total, currency),
        "workloadMonths": [
            {
                "month": step.start,
                "partial": step.partial,
                **work_sums(work, currency),
                "caseMix": [mix_item(share, work, currency) for share in found.work.mix.get(step.start, [])],
            }
            for step, work in found.work.months
        ],
        "sideBySide": [_beside(month, currency) for month in found.side_by_side],
        "velocity": {
            "running": [
                {
                    "date": step.day,
                    "amount": None if step.amount is None else written(measure)(step.amount, currency),
                    "yearBefore": written(measure)(step.year_before, currency),
                }
                for step in found.running
            ],
            "projection": _projection(found.projection, measure, currency) if found.projection else None,
            "burn": _burn(found.burn, currency) if found.burn else None,
        },
        "benchmarks": [_benchmark(line, currency) for line in found.benchmarks],
        "alerts": [_alert(alert, currency) for alert in found.alerts],
    }


def written(measure: Measure) -> Callable[[Decimal, str], str]:
    """Return how figures of ``measure`` are written: amounts in the currency's digits, cases as a number."""
    return (lambda number, _: exact(number)) if measure == "cases" else plain


def _compared(period: Compared, measure: Measure, currency: str) -> dict[str, Any]:
    as_text = written(measure)
    return {
        "period": period.days.start,
        "periodEnd": period.days.end,
        "partial": period.partial,
        "daysCounted": period.counted.days,
        "amount": as_text(period.amount, currency),
        "previous": former_item(period.previous, as_text, currency),
        "yearBefore": former_item(period.year_before, as_text, currency),
    }


def _beside(month: MonthFigures, currency: str) -> dict[str, Any]:
    return {
        "startDate": month.days.start,
        "endDate": month.days.end,
        **work_sums(month.figures, currency),
        "compensation": plain(month.figures.compensation, currency),
        "uncalculatedCaseCount": month.figures.uncalculated_case_count,
    }


def _burn(burn: Burn, currency: str) -> dict[str, Any]:
    return {
        "startDate": burn.months.start,
        "endDate": burn.months.end,
        "costs": plain(burn.costs, currency),
        "monthlyCosts": plain(burn.monthly_costs, currency),
        "paid": plain(burn.income, currency),
        "coveredPercentage": hundredths(burn.covered_percent),
    }


def _projection(projection: Projection, measure: Measure, currency: str) -> dict[str, Any]:
    as_text = written(measure)
    bands = [
        {"level": band.level, "low": as_text(band.low, currency), "high": as_text(band.high, currency)}
        for band in projection.bands
    ]
    return {"amount": as_text(projection.amount, currency), "bands": bands, "closedTo": projection.closed_to}


def _benchmark(line: BenchmarkLine, currency: str) -> dict[str, Any]:
    def said(figure: Decimal | None) -> str | None:
        if figure is None:
            return None
        return plain(figure, currency) if line.benchmark in MONEY else hundredths(figure)

    return {
        "benchmark": line.benchmark,
        "value": said(line.value),
        "ownMedian": said(line.own_median),
        "departmentMedian": said(line.department_median),
        "target": said(line.target),
    }


def _alert(alert: Alert, currency: str) -> dict[str, Any]:
    as_text = plain if alert.rule == "statement_difference" else written(alert.measure or "cases")
    return {
        "rule": alert.rule,
        "ruleText": RULES[alert.rule],
        "startDate": alert.days.start,
        "endDate": alert.days.end,
        "measure": alert.measure,
        "found": as_text(alert.found, currency),
        "usual": None if alert.usual is None else as_text(alert.usual, currency),
        "amount": None if alert.amount is None else plain(alert.amount, currency),
        "message": sentence(alert, currency),
    }
