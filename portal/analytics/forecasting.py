"""Forecast of a money series: months ahead with bands, the next quarter as one figure, scenarios, what-if.

Decimal comes in and goes out, float is only in between (``forecast_models``). The same series gives the same forecast, so
answers are remembered by their content: a page costs a back-test once for each build, not once for each request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import numpy as np

from portal.analytics.backtest import QUARTER, Accuracy, Paths, accuracy, paths, weights
from portal.analytics.bands import LEVELS, Level, half_width, half_widths
from portal.analytics.forecast_models import HORIZON, SEASONAL_MONTHS, YEAR, Floats, Model
from portal.analytics.money import rounded
from portal.analytics.month_series import MonthSeries, month_after

Scenario = Literal["base", "optimistic", "pessimistic"]
SCENARIOS: tuple[Scenario, ...] = ("base", "optimistic", "pessimistic")
_SCENARIO_LEVEL: Level = 80
_PERCENT = Decimal(100)


@dataclass(frozen=True)
class Band:
    """Between which amounts the actual one is expected to lie, in ``level`` percent of cases."""

    level: Level
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Expected:
    """One figure to come: ``months`` from ``start`` on. Without past errors to learn from there is no band."""

    start: date
    months: int
    amount: Decimal
    bands: tuple[Band, ...]

    @property
    def last_month(self) -> date:
        """The first day of the last of its months."""
        return month_after(self.start, self.months - 1)

    def band(self, level: Level) -> Band | None:
        """Return the band of this level."""
        return next((band for band in self.bands if band.level == level), None)


@dataclass(frozen=True)
class ModelResult:
    """What one model says and how it did; ``share`` is its part in the combination, in percent."""

    model: Model
    share: Decimal
    quarter: Decimal
    accuracy: Accuracy


@dataclass(frozen=True)
class Forecast:
    """The answer.

    Attributes:
        series: the months that it was made of.
        model: which of ``models`` it follows.
        months: month by month, base scenario.
        quarter: the next three months as one figure, with a band of its own.
        total: all months as one figure, likewise.
    """

    series: MonthSeries
    currency: str
    model: Model
    months: tuple[Expected, ...]
    quarter: Expected
    total: Expected
    models: tuple[ModelResult, ...]

    @property
    def is_short(self) -> bool:
        """Whether there is less than a year: only averages then."""
        return len(self.series.amounts) < YEAR

    @property
    def is_seasonal(self) -> bool:
        """Whether there are the two years that seasons need."""
        return len(self.series.amounts) >= SEASONAL_MONTHS

    @property
    def result(self) -> ModelResult:
        """The model that it follows."""
        return next(each for each in self.models if each.model == self.model)


@dataclass(frozen=True)
class WhatIf:
    """Changes from the first month on, in percent of what would have been, each on top of the others.

    Attributes:
        volume: of cases.
        unit_value: of what a unit brings: the conversion factor.
        payer_mix: of what a case brings because other payers pay for it.
    """

    volume: Decimal = Decimal(0)
    unit_value: Decimal = Decimal(0)
    payer_mix: Decimal = Decimal(0)

    @property
    def factor(self) -> Decimal:
        """What amounts are multiplied by."""
        factor = Decimal(1)
        for change in (self.volume, self.unit_value, self.payer_mix):
            factor *= 1 + change / _PERCENT
        return factor


def models_for(months: int) -> tuple[Model, ...]:
    """Return the models that a history of so many months suffices for, the combination first; none for none."""
    if months == 0:
        return ()
    averages: tuple[Model, ...] = ("rolling_3",) if months < 6 else ("rolling_3", "rolling_6")
    if months < YEAR:
        return ("combined", *averages)
    others: tuple[Model, ...] = ("rolling_12", "seasonal_naive", "trend", "damped_trend")
    return ("combined", *averages, *others, *(("seasonal",) if months >= SEASONAL_MONTHS else ()))


@lru_cache(maxsize=256)
def forecast(series: MonthSeries, currency: str, horizon: int = HORIZON, model: Model = "combined") -> Forecast | None:
    """Return the forecast of ``series``; None without any month.

    Args:
        series: closed months (``month_series.closed_months``).
        currency: of its amounts; figures are rounded half up to its digits.
        horizon: months ahead, 1 to 12.
        model: what to follow.

    Raises:
        ValueError: for another horizon, or a model that the history does not suffice for.
    """
    if not 1 <= horizon <= HORIZON:
        raise ValueError(f"A forecast looks 1 to {HORIZON} months ahead, not {horizon}.")
    if not series.amounts:
        return None
    if model not in models_for(len(series.amounts)):
        raise ValueError(f"{len(series.amounts)} months are too few for {model}.")
    history, found = _paths(series)
    ahead, errors = found[model].forecast[-1], found[model].known(len(history))
    widths = {level: half_widths(errors, level) for level in LEVELS}
    months = tuple(
        _expected(month_after(series.next_month, step), 1, ahead[step], _at(widths, step), currency)
        for step in range(horizon)
    )
    return Forecast(
        series, currency, model, months,
        quarter=_sum(series, QUARTER, found[model], currency),
        total=_sum(series, horizon, found[model], currency),
        models=_results(series, currency),
    )  # fmt: skip


def adjusted(found: Forecast, scenario: Scenario, what_if: WhatIf) -> Forecast:
    """Return ``found`` under a scenario and with changes.

    The optimistic scenario moves every month by the same percentage, so that all of them together reach the upper end of
    their 80 % band: one period in ten was better. The pessimistic one likewise. Without a band they are the base.
    """
    factor = what_if.factor * scenario_factor(found, scenario)

    def changed(figure: Expected) -> Expected:
        bands = tuple(_band(band.level, band.low * factor, band.high * factor, found.currency) for band in figure.bands)
        return Expected(figure.start, figure.months, rounded(figure.amount * factor, found.currency), bands)

    months = tuple(changed(month) for month in found.months)
    return Forecast(
        found.series, found.currency, found.model, months, changed(found.quarter), changed(found.total), found.models
    )


def scenario_factor(found: Forecast, scenario: Scenario) -> Decimal:
    """Return by what a scenario multiplies the base's amounts."""
    band, total = found.total.band(_SCENARIO_LEVEL), found.total.amount
    if scenario == "base" or band is None or not total:
        return Decimal(1)
    return (band.high if scenario == "optimistic" else band.low) / total


@lru_cache(maxsize=256)
def _paths(series: MonthSeries) -> tuple[Floats, dict[Model, Paths]]:
    history = np.asarray([float(amount) for amount in series.amounts])
    return history, paths(history)


@lru_cache(maxsize=256)
def _results(series: MonthSeries, currency: str) -> tuple[ModelResult, ...]:
    history, found = _paths(series)
    shares = weights(found, history, len(history))
    return tuple(
        ModelResult(
            model,
            Decimal(str(shares.get(model, 1.0) * 100)),
            _money(float(found[model].forecast[-1, :QUARTER].sum()), currency),
            accuracy(found[model], found.get("seasonal_naive"), history),
        )
        for model in models_for(len(history))
    )


def _sum(series: MonthSeries, months: int, found: Paths, currency: str) -> Expected:
    """Return the months added up: errors of sums are those of sums, as neighbouring months err together."""
    missed = found.known(len(series.amounts), months)[:, :months].sum(axis=1)
    widths = {level: half_width(missed, level) for level in LEVELS}
    return _expected(series.next_month, months, float(found.forecast[-1, :months].sum()), widths, currency)


def _at(widths: dict[Level, Floats | None], step: int) -> dict[Level, float | None]:
    return {level: None if each is None else float(each[step]) for level, each in widths.items()}


def _expected(start: date, months: int, amount: float, widths: dict[Level, float | None], currency: str) -> Expected:
    bands = tuple(
        _band(level, _exact(amount - width), _exact(amount + width), currency)
        for level, width in widths.items()
        if width is not None
    )
    return Expected(start, months, _money(amount, currency), bands)


def _band(level: Level, low: Decimal, high: Decimal, currency: str) -> Band:
    ends: Sequence[Decimal] = sorted((rounded(low, currency), rounded(high, currency)))
    return Band(level, ends[0], ends[1])


def _money(amount: float, currency: str) -> Decimal:
    return rounded(_exact(amount), currency)


def _exact(amount: float) -> Decimal:
    # Twelve digits of a float are sure: halves of a cent round up also where the thirteenth says 4999.
    return Decimal(f"{amount:.12g}")
