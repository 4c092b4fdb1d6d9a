"""Comparisons, running totals, costs and benchmarks of a practice, from its days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from portal.analytics.benchmarks import LEAST_PROVIDERS, benchmark_lines
from portal.analytics.comparing import Compared, Grain, calendar_periods, compared_periods
from portal.analytics.periods import DateRange
from portal.analytics.practice import PracticeDay, PracticeFigures, added, total
from portal.analytics.velocity import burn_rate, running_totals

FIRST, LAST = date(2023, 1, 1), date(2026, 12, 31)
days_of = st.dates(FIRST, LAST)
practices = st.dictionaries(days_of, st.integers(0, 9), max_size=60).map(
    lambda cases: [
        PracticeDay(case_count=count, paid=Decimal(count * 3), day=day) for day, count in sorted(cases.items())
    ]
)
grains = st.sampled_from(["month", "quarter", "year"])


def _compared(days: list[PracticeDay], between: DateRange, grain: Grain, today: date) -> list[Compared]:
    return list(compared_periods(between, grain, today, lambda when: total(days, when).amount("cases")))


@given(practices, days_of, grains)
def test_every_day_is_in_one_period(days: list[PracticeDay], today: date, grain: Grain) -> None:
    periods = _compared(days, DateRange(FIRST, LAST), grain, today)
    assert sum(period.amount for period in periods) == sum(day.case_count for day in days if day.day <= today)
    assert [period.partial for period in periods[:-1]] == [False] * (len(periods) - 1)


@given(practices, days_of, grains)
def test_a_whole_period_is_what_the_next_is_compared_with(days: list[PracticeDay], today: date, grain: Grain) -> None:
    periods = _compared(days, DateRange(FIRST, LAST), grain, today)
    for former, period in pairwise(periods):
        if not period.partial:
            assert period.previous.amount == former.amount
            assert period.previous.days == former.days


def test_a_running_quarter_meets_the_same_days_of_the_former_one() -> None:
    (quarter,) = _compared([], DateRange(date(2026, 8, 1), date(2026, 9, 30)), "quarter", date(2026, 8, 15))
    assert quarter.days == DateRange(date(2026, 7, 1), date(2026, 9, 30))
    assert quarter.counted == DateRange(date(2026, 7, 1), date(2026, 8, 15))
    assert quarter.previous.days == DateRange(date(2026, 4, 1), date(2026, 5, 15))
    assert quarter.year_before.days == DateRange(date(2025, 7, 1), date(2025, 8, 15))


def test_days_that_end_before_they_begin_have_no_periods() -> None:
    assert list(calendar_periods(DateRange(date(2026, 5, 2), date(2025, 5, 1)), "year")) == []


@given(practices, days_of)
def test_running_totals_end_with_the_sum(days: list[PracticeDay], today: date) -> None:
    steps = running_totals(days, "paid", today)
    year = DateRange(date(today.year, 1, 1), today)
    assert [step.amount for step in steps if step.day == today] == [total(days, year).paid]
    assert all(step.amount is None for step in steps if step.day > today)
    before = DateRange(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    assert steps[-1].year_before == total(days, before).paid


def test_the_day_before_of_29_february_is_the_28th() -> None:
    days = [PracticeDay(paid=Decimal(7), day=date(2023, 2, 28)), PracticeDay(paid=Decimal(1), day=date(2023, 3, 1))]
    steps = {step.day: step.year_before for step in running_totals(days, "paid", date(2024, 3, 31))}
    assert [steps[date(2024, 2, 28)], steps[date(2024, 2, 29)], steps[date(2024, 3, 1)]] == [7, 7, 8]


def test_costs_stand_against_the_income_of_the_same_months() -> None:
    months = [DateRange(date(2026, month, 1), date(2026, month, 28)) for month in (1, 2, 3)]
    costs = [(month, Decimal(cost)) for month, cost in zip(months, (100, 0, 300), strict=True)]
    burn = burn_rate(costs, [Decimal(250), Decimal(999), Decimal(350)])
    assert burn is not None
    assert (burn.costs, burn.income, burn.monthly_costs, burn.covered_percent) == (400, 600, 200, 150)
    assert burn_rate([(months[0], Decimal(0))], [Decimal(5)]) is None


def _month(start: date, cases: int) -> PracticeDay:
    return PracticeDay(case_count=cases, timed_case_count=cases, minutes=Decimal(30 * cases), day=start)


def test_benchmarks_are_said_for_one_provider() -> None:
    starts = [date(2025, 10, 1), *(date(2025, 11, 1) + timedelta(days=31 * past) for past in range(13))]
    days = [_month(start.replace(day=1), 20) for start in starts]
    month = DateRange(date(2026, 11, 1), date(2026, 11, 30))
    days = [day for day in days if day.day < month.start] + [_month(month.start, 10)]
    colleagues = [PracticeFigures(case_count=12 * each) for each in (1, 2, 3, 4, 50)]
    cases = benchmark_lines(days, 2, colleagues, month)[0]
    assert (cases.value, cases.own_median, cases.department_median) == (5, 10, 3)
    few = benchmark_lines(days, 2, colleagues[: LEAST_PROVIDERS - 1], month)[0]
    assert few.department_median is None


@given(practices)
def test_sums_add_up_field_by_field(days: list[PracticeDay]) -> None:
    both = added(days, PracticeFigures)
    assert (both.case_count, both.paid) == (sum(d.case_count for d in days), sum((d.paid for d in days), Decimal(0)))
