"""Period comparisons: the same days as the pages compare, for many business dates, and the sums of exactly those days."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from portal.analytics.periods import DateRange, compared
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")
_RANDOM = random.Random(24)  # noqa: S311 - the same days every time
_LIMITS = [
    "2026-03-30",
    "2026-03-31",
    "2027-02-28",
    "2028-02-28",
    "2028-02-29",
    "2028-12-31",
    "2029-01-01",
    "2029-02-28",
]
BUSINESS_DATES = [
    *map(date.fromisoformat, _LIMITS),
    *(date(2026, 4, 1) + timedelta(days=_RANDOM.randrange(1000)) for _ in range(12)),
]
_CALENDAR = """(
    select d::date as date_key, extract(month from d)::int as month, date_trunc('month', d)::date as month_start
    from generate_series('2025-01-01'::date, '2030-12-31', '1 day') as d
)"""
Found = tuple[str, DateRange, bool, DateRange, DateRange]


def _periods(built: Built, business_date: date, fiscal_year_start: int = 1) -> list[Found]:
    path = built.state / "target/compiled/daybook/models/intermediate/revenue/int_revenue_periods.sql"
    statement = path.read_text(encoding="utf-8")
    relation = next(word for word in statement.split() if word.endswith('"candidate"."dim_dates"'))
    with built.connect() as connection:
        connection.execute(
            "update int_hospitals set business_date = %s, fiscal_year_start = %s", (business_date, fiscal_year_start)
        )
        rows = connection.execute(
            f"select * from ({statement.replace(relation, _CALENDAR + ' as calendar')}) as periods where hospital_id = 'R1'"
        ).fetchall()
        connection.rollback()
    return [
        (grain, DateRange(start, to), partial, DateRange(before, before_to), DateRange(year, year_to))
        for _, grain, start, _, to, partial, before, before_to, year, year_to in rows
    ]


@pytest.mark.parametrize("business_date", BUSINESS_DATES, ids=str)
def test_periods_are_compared_with_the_days_that_pages_compare(built: Built, business_date: date):
    found = _periods(built, business_date)
    assert {grain for grain, *_ in found} == {"month", "quarter", "year", "fiscal_quarter", "fiscal_year"}
    for grain, days, _, before, year in found:
        assert year == compared(days, "year", "month", business_date), (grain, days)
        if grain == "month":
            assert before == compared(days, "previous", "month", business_date), days
        if grain == "year":
            assert before == year


@pytest.mark.parametrize("first_month", [1, 4, 7, 12])
def test_periods_follow_each_other_without_gap_and_only_the_last_may_run(built: Built, first_month: int):
    business_date = date(2028, 2, 29)
    for grain in ("month", "quarter", "year", "fiscal_quarter", "fiscal_year"):
        found = sorted(
            (days.start, days.end, partial)
            for g, days, partial, *_ in _periods(built, business_date, first_month)
            if g == grain
        )
        for (_, end, partial), (start, _, _) in pairwise(found):
            assert not partial
            assert start == end + timedelta(days=1)
        assert found[0][0] <= date(2025, 1, 31)
        assert found[-1][1] == business_date
        assert found[-1][2] == (grain != "month" and not (grain == "fiscal_quarter" and first_month == 12))
        if grain.startswith("fiscal"):
            assert {start.month % 3 for start, *_ in found} == {first_month % 3}


def test_full_quarters_meet_full_quarters(built: Built):
    for grain, days, partial, before, _ in _periods(built, date(2026, 3, 31)):
        if grain == "quarter" and not partial:
            assert before == compared(days, "previous", "month", date(2026, 3, 31))
            assert before.end + timedelta(days=1) == days.start


def test_every_amount_is_the_sum_of_exactly_its_days(built: Built):
    query = """
        with days as (
            select hospital_id, currency, date_key, basis, case basis when 'collected' then total_revenue
                   when 'net' then net_revenue else billed_amount end as amount
            from revenue_metrics cross join unnest(array['collected', 'net', 'billed']) as basis
        )
        select count(*), count(*) filter (where amount <> 0 and previous_amount <> 0 and year_before_amount <> 0)
        from rpt_period_comparisons p
        where (amount, previous_amount, year_before_amount) = (
            select coalesce(sum(d.amount) filter (where d.date_key between p.period_start and p.period_end), 0),
                   coalesce(sum(d.amount) filter (where d.date_key between p.previous_from and p.previous_to), 0),
                   coalesce(sum(d.amount) filter (where d.date_key between p.year_before_from and p.year_before_to), 0)
            from days d where (d.hospital_id, d.currency, d.basis) = (p.hospital_id, p.currency, p.basis)
        )
    """
    right, telling = built.rows(query)[0]
    assert built.rows("select count(*) from rpt_period_comparisons") == [(right,)]
    assert telling >= 12


def test_the_world_month_by_month(built: Built):
    query = """
        select period_start, amount, previous_change, previous_change_percent::text, is_previous_zero
        from rpt_period_comparisons where hospital_id = 'H1' and basis = 'net' and grain = 'month' order by 1
    """
    found = [(str(day), float(amount), float(change), *rest) for day, amount, change, *rest in built.rows(query)]
    assert found == [
        ("2025-12-01", 0, 0, "0.000", True),
        ("2026-01-01", 615, 615, "0.000", True),
        ("2026-02-01", 250, -365, "-59.350", False),
        ("2026-03-01", -85.5, -335.5, "-134.200", False),
    ]  # fmt: skip


def test_the_calendar_is_whole_and_its_weeks_are_iso(built: Built):
    query = (
        "select date_key, iso_year, iso_week, day_of_week, quarter, quarter_start, week_start from dim_dates order by 1"
    )
    rows = built.rows(query)
    assert [day for day, *_ in rows] == [date(2025, 1, 1) + timedelta(days=count) for count in range(len(rows))]
    assert rows[-1][0] == date(2026, 12, 31)
    for day, iso_year, iso_week, weekday, quarter, quarter_start, week_start in rows:
        assert (iso_year, iso_week, weekday) == tuple(day.isocalendar()), day
        assert quarter_start == date(day.year, 3 * quarter - 2, 1) <= day
        assert week_start == day - timedelta(days=day.weekday())
