"""Everything about a practice at a glance: figures of the live build, compared, measured and watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.anomalies import Alert, drops, silent_days, statement_difference
from portal.analytics.benchmarks import NET_COLLECTION_TARGET, BenchmarkLine, benchmark_lines
from portal.analytics.comparing import Compared, Grain, compare, compared_periods
from portal.analytics.periods import DateRange, last_whole_month, months_before, months_from
from portal.analytics.practice import Measure, PracticeDay, PracticeFigures, total
from portal.analytics.projection import Projection, year_end
from portal.analytics.velocity import Burn, Running, burn_rate, running_totals
from portal.queries import practice_days
from portal.queries.compensation import statements_stream
from portal.queries.practice_days import with_days
from portal.queries.workload import WorkFilter, Workload, workload

_HISTORY_MONTHS = 60


@dataclass(frozen=True)
class InsightsFilter:
    """Whose practice (``work.months``: the days that are compared and whose work is shown), and which figure of it.

    ``side_by_side`` are the first days of two months.
    """

    work: WorkFilter
    measure: Measure
    grain: Grain
    side_by_side: tuple[date, date]


@dataclass(frozen=True)
class MonthFigures:
    """One of two months that stand side by side; the running one goes to the business date, and the other as far."""

    days: DateRange
    figures: PracticeFigures


@dataclass(frozen=True)
class Insights:
    """What a practice did and earned.

    Attributes:
        month: the current month beside the former ones, like for like.
        year: the current year likewise.
        periods: each month, quarter or year of the days asked for.
        projection: of the current year; None where there is too little to say.
        burn: None where no costs are known or they are not those of these providers alone.
        providers: how many have had cases in the year before the business date.
    """

    asked: InsightsFilter
    business_date: date
    month: Compared
    year: Compared
    periods: tuple[Compared, ...]
    work: Workload
    side_by_side: tuple[MonthFigures, MonthFigures]
    running: tuple[Running, ...]
    projection: Projection | None
    burn: Burn | None
    benchmarks: tuple[BenchmarkLine, ...]
    alerts: tuple[Alert, ...]
    providers: int
    is_empty: bool


def insights(connection: Connection, asked: InsightsFilter, business_date: date) -> Insights:
    """Return the practice of ``asked`` as of the business date."""
    first = min(months_from(business_date.replace(day=1), -_HISTORY_MONTHS), _first_compared(asked))
    days = practice_days.practice_days(connection, with_days(asked.work, DateRange(first, business_date)))

    def amount(between: DateRange) -> Decimal:
        return total(days, between).amount(asked.measure)

    month = DateRange(business_date.replace(day=1), business_date).whole_months
    year = DateRange(date(business_date.year, 1, 1), date(business_date.year, 12, 31))
    past = DateRange(months_from(last_whole_month(business_date).start, -11), last_whole_month(business_date).end)
    active = practice_days.active_providers(connection, with_days(asked.work, past))
    return Insights(
        asked=asked,
        business_date=business_date,
        month=compare(month, 1, business_date, amount),
        year=compare(year, 12, business_date, amount),
        periods=tuple(compared_periods(asked.work.months, asked.grain, business_date, amount)),
        work=workload(connection, asked.work, business_date),
        side_by_side=_side_by_side(days, asked.side_by_side, business_date),
        running=tuple(running_totals(days, asked.measure, business_date)),
        projection=year_end(days, asked.measure, business_date, asked.work.currency),
        burn=_burn(connection, asked.work, days, past),
        benchmarks=tuple(_benchmarks(connection, asked.work, days, past, active)),
        alerts=tuple(_alerts(connection, asked, days, business_date)),
        providers=active,
        is_empty=not days,
    )


def _first_compared(asked: InsightsFilter) -> date:
    year_before = months_from(asked.work.months.start.replace(month=1), -12)
    return min(year_before, *asked.side_by_side)


def _side_by_side(
    days: list[PracticeDay], months: tuple[date, date], business_date: date
) -> tuple[MonthFigures, MonthFigures]:
    whole = [DateRange(month, month).whole_months for month in months]
    running = max(whole, key=lambda month: month.end)
    if running.end > business_date:  # like for like: the other month counts as many days
        length = max((business_date - running.start).days, 0)
        whole = [DateRange(month.start, min(month.start + timedelta(days=length), month.end)) for month in whole]
    first, second = (MonthFigures(month, total(days, month)) for month in whole)
    return first, second


def _burn(connection: Connection, asked: WorkFilter, days: list[PracticeDay], past: DateRange) -> Burn | None:
    costs = practice_days.operating_costs(connection, with_days(asked, past))
    months = [DateRange(month, month).whole_months for month in sorted(costs)]
    return burn_rate([(month, costs[month.start]) for month in months], [total(days, month).paid for month in months])


def _benchmarks(
    connection: Connection, asked: WorkFilter, days: list[PracticeDay], past: DateRange, active: int
) -> Iterator[BenchmarkLine]:
    month = DateRange(past.end, past.end).whole_months
    before = DateRange(months_before(past, 1).start, months_before(month, 1).end)
    others = practice_days.colleagues(connection, with_days(asked, before))
    yield from benchmark_lines(days, max(active, 1), others, month)
    sums = practice_days.collected_of(connection, with_days(asked, past))
    rate = sums.collected * 100 / sums.net_billed if sums.net_billed else None
    yield BenchmarkLine("net_collection_rate", rate, target=NET_COLLECTION_TARGET)


def _alerts(
    connection: Connection, asked: InsightsFilter, days: list[PracticeDay], business_date: date
) -> Iterator[Alert]:
    # Not what was paid: of recent cases it has not come yet.
    yield from drops(days, ("cases", "compensation"), business_date)
    lately = with_days(asked.work, DateRange(business_date - timedelta(days=180), business_date))
    yield from silent_days(days, business_date, practice_days.posting_days(connection, lately))
    old = DateRange(business_date - timedelta(days=365), business_date - timedelta(days=90))
    without = practice_days.unpaid(connection, with_days(asked.work, old))
    if without.case_count and without.paid:
        yield Alert("unpaid_cases", old, Decimal(without.case_count), amount=without.billed)
    year = DateRange(months_from(business_date.replace(day=1), -12), business_date)
    missing = total(days, year).uncalculated_case_count
    if missing:
        yield Alert("uncalculated_cases", year, Decimal(missing))
    for pay in statements_stream(connection, with_days(asked.work, year.whole_months)):
        if pay.statement_count and pay.month:
            month = DateRange(pay.month, pay.month).whole_months
            yield from statement_difference(pay.name, month, pay.calculated, pay.gross_pay)
