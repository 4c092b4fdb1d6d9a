"""Forecasts: what must hold for every series of months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.analytics.forecasting import (
    SCENARIOS,
    Forecast,
    WhatIf,
    adjusted,
    forecast,
    models_for,
    scenario_factor,
)
from portal.analytics.month_series import MonthSeries, closed_months, month_after

START = date(2022, 1, 1)
cents = st.integers(-5_000_000, 20_000_000).map(lambda number: Decimal(number) / 100)


def made(*amounts: Decimal | int) -> MonthSeries:
    return MonthSeries(START, tuple(Decimal(amount) for amount in amounts))


def told(series: MonthSeries, currency: str = "USD", horizon: int = 12, **more: str) -> Forecast:
    found = forecast(series, currency, horizon, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def histories(fewest: int = 1, most: int = 48) -> st.SearchStrategy[MonthSeries]:
    return st.lists(cents, min_size=fewest, max_size=most).map(lambda amounts: MonthSeries(START, tuple(amounts)))


@settings(max_examples=40, deadline=None)
@given(cents, st.integers(1, 48))
def test_a_constant_series_stays_as_it_is_and_nothing_about_it_is_uncertain(amount: Decimal, months: int) -> None:
    found = told(made(*[amount] * months))
    assert {month.amount for month in found.months} == {amount}
    assert found.quarter.amount == 3 * amount
    for month in found.months:
        for band in month.bands:
            assert (band.low, band.high) == (amount, amount)
    assert len(found.months[0].bands) == (2 if months >= 7 else 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(cents, min_size=12, max_size=12), st.integers(28, 48))
def test_a_series_that_repeats_its_year_is_recovered(year: list[Decimal], months: int) -> None:
    series = made(*(year[number % 12] for number in range(months)))
    expected = [year[number % 12] for number in range(months, months + 12)]
    assert [month.amount for month in told(series, model="seasonal").months] == expected
    assert [
        month.amount for month in told(series).months
    ] == expected  # the combination leaves it to the models that know


@settings(max_examples=40, deadline=None)
@given(histories(), st.integers(2, 9))
def test_ten_times_the_money_is_ten_times_the_forecast(series: MonthSeries, factor: int) -> None:
    larger = MonthSeries(series.start, tuple(amount * factor for amount in series.amounts))
    for one, other in zip(told(series, "KWD").months, told(larger, "KWD").months, strict=True):
        assert abs(one.amount * factor - other.amount) <= Decimal("0.01")
        for small, large in zip(one.bands, other.bands, strict=True):
            assert abs(small.low * factor - large.low) <= Decimal("0.01")
            assert abs(small.high * factor - large.high) <= Decimal("0.01")


@settings(max_examples=40, deadline=None)
@given(histories(), st.sampled_from(SCENARIOS), st.integers(-99, 200))
def test_95_percent_hold_80_percent_which_hold_the_figure(series: MonthSeries, scenario: str, change: int) -> None:
    for model in models_for(len(series.amounts)):
        base = told(series, model=model)
        found = adjusted(base, scenario, WhatIf(volume=Decimal(change)))  # type: ignore[arg-type]
        for figure in (*found.months, found.quarter, found.total):
            if figure.bands:
                inner, outer = figure.band(80), figure.band(95)
                assert inner and outer
                assert outer.low <= inner.low <= figure.amount <= inner.high <= outer.high


def test_a_shorter_look_is_the_beginning_of_a_longer_one() -> None:
    series = made(*(1000 + 37 * (number % 5) for number in range(30)))
    assert told(series, horizon=3).months == told(series, horizon=12).months[:3]
    assert told(series, horizon=3).total == told(series, horizon=12).quarter


def test_fewer_than_12_months_have_averages_only() -> None:
    found = told(made(100, 200, 300, 400, 500, 600, 700))
    assert found.is_short and not found.is_seasonal
    assert [each.model for each in found.models] == ["combined", "rolling_3", "rolling_6"]
    assert told(made(100, 200, 600), model="rolling_3").quarter.amount == 900
    with pytest.raises(ValueError, match="7 months are too few for seasonal"):
        told(found.series, model="seasonal")


@pytest.mark.parametrize(
    ("months", "models"), [(0, 0), (1, 2), (5, 2), (6, 3), (11, 3), (12, 7), (23, 7), (24, 8), (60, 8)]
)
def test_which_models_a_history_suffices_for(months: int, models: int) -> None:
    assert len(models_for(months)) == models
    if months:
        assert len(told(made(*range(1, months + 1))).models) == models


def test_nothing_comes_of_nothing() -> None:
    assert forecast(MonthSeries(START, ()), "USD") is None


def test_three_past_errors_make_no_band() -> None:
    assert told(made(100, 120, 90, 130, 110, 95)).months[0].bands == ()
    assert len(told(made(100, 120, 90, 130, 110, 95, 105)).months[0].bands) == 2


def test_amounts_have_the_digits_of_their_currency_and_halves_go_up() -> None:
    series = made("0.5", "0.5", "0.5")  # type: ignore[arg-type]
    assert told(series, "JPY").months[0].amount == 1
    assert str(told(made(1, 1, 2), "KWD").months[0].amount) == "1.333"
    assert told(made("0.010", "0.010", "0.025"), "USD").months[0].amount == Decimal("0.02")  # type: ignore[arg-type]


def test_scenarios_reach_the_ends_of_the_80_percent_band() -> None:
    series = made(*(1000 + (number * 7919) % 400 for number in range(40)))
    base = told(series)
    band = base.total.band(80)
    assert band is not None
    better, worse = (adjusted(base, scenario, WhatIf()) for scenario in ("optimistic", "pessimistic"))
    assert (better.total.amount, worse.total.amount) == (band.high, band.low)
    assert worse.months[0].amount < base.months[0].amount < better.months[0].amount
    assert adjusted(base, "base", WhatIf()) == base


def test_scenarios_of_losses_are_better_where_less_is_lost() -> None:
    base = told(made(*(-1000 - (number * 7919) % 400 for number in range(40))))
    assert scenario_factor(base, "optimistic") < 1 < scenario_factor(base, "pessimistic")


def test_what_if_changes_come_on_top_of_each_other() -> None:
    base = told(made(*[1000] * 12))
    found = adjusted(base, "base", WhatIf(Decimal(10), Decimal(-50), Decimal(20)))
    assert found.months[0].amount == 660
    assert found.quarter.amount == 1980


def test_the_running_month_is_never_learned_from_and_the_last_one_only_once_it_settled() -> None:
    amounts = {month_after(START, step): Decimal(100 + step) for step in range(6)}
    assert closed_months(amounts, date(2022, 6, 30)).amounts[-1] == 104  # May; June still runs
    assert closed_months(amounts, date(2022, 7, 7)).amounts[-1] == 104  # June is over, and its last cases come in
    assert closed_months(amounts, date(2022, 7, 8)).amounts[-1] == 105
    assert closed_months(amounts, date(2022, 7, 8)).next_month == date(2022, 7, 1)


def test_months_without_anything_are_zeros_up_to_the_last_closed_one() -> None:
    series = closed_months({date(2022, 1, 1): Decimal(5), date(2022, 4, 1): Decimal(-7)}, date(2022, 8, 20))
    assert series.start == START
    assert series.amounts == (5, 0, 0, -7, 0, 0, 0)
    assert closed_months({}, date(2022, 8, 20)).amounts == ()
    assert closed_months({date(2022, 8, 1): Decimal(9)}, date(2022, 8, 20)).amounts == ()


def test_a_long_history_begins_with_a_whole_month_and_ends_after_five_years() -> None:
    amounts = {month_after(START, step): Decimal(1 + step) for step in range(100)}
    assert closed_months(amounts, date(2024, 1, 20)).amounts[0] == 1  # 24 months: the seasons need all
    assert closed_months(amounts, date(2024, 2, 20)).amounts[0] == 2
    longest = closed_months(amounts, date(2030, 4, 20))
    assert (len(longest.amounts), longest.amounts[-1]) == (60, 99)


def test_a_line_goes_on_and_a_damped_one_levels_off() -> None:
    rising = made(*range(100, 124))
    straight, damped = told(rising, model="trend"), told(rising, model="damped_trend")
    assert [month.amount for month in straight.months] == list(range(124, 136))
    steps = [later.amount - sooner.amount for sooner, later in zip(damped.months, damped.months[1:], strict=False)]
    assert steps == sorted(steps, reverse=True) and 0 < steps[-1] < steps[0] < 1
    noise = made(*(1000 + (number * 7919) % 400 for number in range(24)))
    assert (
        len({month.amount for month in told(noise, model="damped_trend").months}) == 1
    )  # no slope that noise alone would make
