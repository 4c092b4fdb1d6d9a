"""``scripts/bench forecast``: what it prints of a small group, and that its series are the group's own months."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from portal.analytics.forecasting import forecast
from scripts.benchmarks.forecast import main
from scripts.benchmarks.group_months import group_months

END = date(2025, 11, 21)


@pytest.fixture(scope="module")
def series():
    """Months of a group of 6,000 invoices."""
    return group_months(7, END, 6_000)


def test_series_are_whole_months_of_hospitals_and_doctors(series):
    assert {("billed", "H1"), ("billed", "group"), ("collected", "H2"), ("doctor", "DR-001")} <= set(series)
    assert ("billed", "H9") not in series  # a broken row's
    both = zip(series["billed", "H1"].amounts, series["billed", "H2"].amounts, strict=True)
    assert tuple(one + other for one, other in both) == series["billed", "group"].amounts
    assert (series["billed", "group"].start, series["billed", "group"].next_month) == (
        date(2023, 1, 1),
        date(2025, 11, 1),
    )


def test_the_forecast_of_the_generated_group_beats_the_year_before(series):
    for name in ("billed", "collected"):
        found = forecast(series[name, "group"], "USD")
        assert found is not None
        measured = found.result.accuracy
        assert measured.against_naive is not None and measured.against_naive < 1, (name, measured)
        assert measured.quarter_error is not None and measured.quarter_error < 15, (name, measured)


def test_it_prints_each_series_and_a_verdict():
    printed = CliRunner().invoke(main, ["--seeds", "1", "--invoices", "500", "--seed", "7"])
    assert printed.exit_code == 0, printed.output
    lines = printed.output.splitlines()
    assert any(line.startswith("collected group") for line in lines)
    assert sum("beats seasonal naive: error" in line for line in lines) == 2
    assert any("80 % band covers about that" in line for line in lines)
