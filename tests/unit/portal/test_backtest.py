"""Back-tests: nothing is known before its time, and measures are what their names say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.analytics.backtest import accuracy, paths, weights
from portal.analytics.bands import LEVELS, half_width, half_widths
from portal.analytics.forecast_models import MODELS

amounts = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=13, max_size=40)


def noisy(months: int, seed: int = 20_240_301) -> np.ndarray:
    """Money with seasons and noise; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.2 * np.sin(np.arange(months) * np.pi / 6)
    return np.asarray(10_000 * season * rng.normal(1, 0.08, months))


@settings(max_examples=40, deadline=None)
@given(amounts, st.data())
def test_no_forecast_knows_what_came_later(history: list[float], data: st.DataObject) -> None:
    origin = data.draw(st.integers(1, len(history) - 1))
    changed = np.asarray(history)
    changed[origin:] = data.draw(st.floats(-1e6, 1e6, allow_nan=False))
    before, after = paths(np.asarray(history)), paths(changed)
    assert set(before) == set(after) == {*MODELS, "combined"} - ({"seasonal"} if len(history) < 24 else set())
    for model, found in before.items():
        np.testing.assert_array_equal(found.forecast[: origin + 1], after[model].forecast[: origin + 1])
        np.testing.assert_array_equal(found.known(origin), after[model].known(origin))
        for level in LEVELS:
            np.testing.assert_equal(
                half_widths(found.known(origin), level), half_widths(after[model].known(origin), level)
            )


def test_the_forecast_of_a_past_origin_is_that_of_the_months_before_it() -> None:
    history = noisy(40)
    whole, cut = paths(history), paths(history[:30])
    for model, found in cut.items():
        np.testing.assert_allclose(found.forecast[-1], whole[model].forecast[30], rtol=1e-12)


def test_errors_are_of_the_month_that_was_forecast() -> None:
    history = np.arange(1.0, 31.0)
    found = paths(history)["seasonal_naive"]
    assert found.error[14, 0] == 12  # said 3 for the 15th month, and 15 came
    assert found.error[14, 11] == 12
    assert np.isnan(found.error[29, 1]) and not np.isnan(found.error[29, 0])


def test_measures_of_the_yardstick_by_hand() -> None:
    history = np.asarray([100.0] * 12 + [110.0] * 12 + [121.0] * 3)
    found = paths(history)["seasonal_naive"]
    measured = accuracy(found, found, history)
    # From origin 12 on: 12 months of 10 at every origin up to 12 months ahead, then 11 from origin 24 on, and between them both.
    errors = [
        history[month] - history[month - 12]
        for origin in range(12, 27)
        for month in range(origin, min(27, origin + 12))
    ]
    assert measured.months == len(errors)
    assert measured.mase == pytest.approx(np.mean(np.abs(errors)) / np.mean([10] * 12 + [11] * 3))
    assert measured.against_naive == 1
    assert measured.quarter_error is not None and 9 < measured.quarter_error < 9.2


def test_shares_are_whole_and_follow_the_errors() -> None:
    history = noisy(48)
    found = paths(history)
    shares = weights(found, history, 48)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["seasonal"] == max(shares.values())
    assert shares["rolling_3"] < shares["seasonal"] / 5


def test_the_combination_beats_the_yardstick_on_seasons_with_noise() -> None:
    ratios = []
    for seed in range(20):
        history = noisy(60, seed)
        found = paths(history)
        ratios.append(accuracy(found["combined"], found["seasonal_naive"], history).against_naive)
    assert np.mean(ratios) < 0.92, ratios  # type: ignore[arg-type]


def test_bands_cover_about_what_they_say() -> None:
    inside: dict[int, list[float]] = {80: [], 95: []}
    for seed in range(20):
        history = noisy(60, seed)
        found = paths(history)
        measured = accuracy(found["combined"], found["seasonal_naive"], history)
        for level in LEVELS:
            covered = measured.coverage[level]
            assert covered is not None
            inside[level].append(covered)
    assert 76 <= np.mean(inside[80]) <= 92, inside
    assert 92 <= np.mean(inside[95]) <= 99, inside


def test_bands_end_at_the_rank_that_they_promise() -> None:
    errors = np.arange(1.0, 40.0)[:, None]  # 39 errors: 80 % of 40 is the 32nd, 95 % the 38th
    assert half_width(errors[:, 0], 80) == pytest.approx(32)
    assert half_width(errors[:, 0], 95) == pytest.approx(38)
    few = half_width(np.asarray([1.0, -1.0, 1.0, -1.0]), 95)
    assert few is not None and 2.5 < few < 3  # wider than the widest error: four prove little (Student: 2.78)
    assert half_width(np.asarray([1.0, 2.0, 3.0]), 80) is None


def test_bands_never_get_narrower_with_distance() -> None:
    errors = paths(noisy(50))["combined"].known(50)
    for level in LEVELS:
        widths = half_widths(errors, level)
        assert widths is not None and (np.diff(widths) >= 0).all()
