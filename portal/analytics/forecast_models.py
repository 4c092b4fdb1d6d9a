"""The models of a forecast, each a closed form over the months so far: array in, array out.

Float on purpose: a forecast is an estimate whose error is thousands of times a cent. Money becomes float on the way in
and is rounded to the currency's digits on the way out (``forecasting``); nothing here is ever booked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Model = Literal[
    "rolling_3", "rolling_6", "rolling_12", "seasonal_naive", "seasonal", "trend", "damped_trend", "combined"
]
Floats = NDArray[np.float64]
HORIZON = 12
"""Months that every model looks ahead: a forecast of 3 months is the beginning of the one of 12."""
YEAR = 12
SEASONAL_MONTHS = 24
_TREND_MONTHS = 24
_DAMPING = 0.85
_RECENT = 6


def rolling(months: int) -> Callable[[Floats], Floats]:
    """Return the model that repeats the average of the last ``months`` (of all, while there are fewer)."""

    def forecast(history: Floats) -> Floats:
        return np.full(HORIZON, history[-months:].mean())

    return forecast


def seasonal_naive(history: Floats) -> Floats:
    """Repeat the last year: the yardstick that a forecast has to beat."""
    return np.asarray(history[-YEAR:][np.arange(HORIZON) % YEAR])


def trend(history: Floats) -> Floats:
    """Follow the straight line through the last two years."""
    return _line(history, np.arange(1.0, HORIZON + 1))


def damped_trend(history: Floats) -> Floats:
    """Follow that line with a slope that fades month by month, and no steeper than the data prove."""
    return _line(history, np.cumsum(_DAMPING ** np.arange(1.0, HORIZON + 1)), is_proven=True)


def seasonal(history: Floats) -> Floats:
    """Add up line, month of the year and recent level, found together by least squares.

    Slope, seasons and level each count as far as they stand out from the noise: a series without seasons is given none.
    """
    count = len(history)
    time = np.arange(count + HORIZON, dtype=float) - (count - 1) / 2
    month = np.arange(count + HORIZON) % YEAR
    design = np.column_stack([time, np.eye(YEAR)[month]])
    found, *_ = np.linalg.lstsq(design[:count], history, rcond=None)
    residual = history - design[:count] @ found
    noise = _above_rounding(float(residual @ residual) / max(count - YEAR - 1, 1), history)
    base = float(found[1:].mean())
    seasons = found[1:] - base
    kept = _proven(float(seasons @ seasons) / (YEAR - 1), noise * YEAR / count) * seasons
    slope = float(found[0])
    slope *= _proven(slope * slope, noise / float(time[:count] @ time[:count]))
    rest = history - slope * time[:count] - kept[month[:count]]
    level = rest.mean()
    recent = rest[-_RECENT:].mean() - level
    level += recent * _proven(recent * recent, noise / _RECENT)
    return np.asarray(level + slope * time[count:] + kept[month[count:]])


MODELS: dict[Model, tuple[int, Callable[[Floats], Floats]]] = {
    "rolling_3": (1, rolling(3)),
    "rolling_6": (6, rolling(6)),
    "rolling_12": (12, rolling(12)),
    "seasonal_naive": (12, seasonal_naive),
    "seasonal": (SEASONAL_MONTHS, seasonal),
    "trend": (12, trend),
    "damped_trend": (12, damped_trend),
}
"""Each single model with the months that it needs. With fewer than 12, only averages are left."""


def _line(history: Floats, ahead: Floats, is_proven: bool = False) -> Floats:
    """Return the least-squares line of the last two years, ``ahead`` steps after its end."""
    recent = history[-_TREND_MONTHS:]
    time = np.arange(len(recent), dtype=float)
    time -= time.mean()
    spread = float(time @ time)
    slope = float(time @ recent) / spread
    if is_proven:
        rest = recent - recent.mean() - slope * time
        noise = _above_rounding(float(rest @ rest) / (len(recent) - 2), recent)
        slope *= _proven(slope * slope, noise / spread)
    return np.asarray(recent.mean() + slope * (time[-1] + ahead))


def _proven(square: float, variance: float) -> float:
    """Return how much of an effect to believe: 1 without noise, 0 where noise alone would make it this large."""
    return max(0.0, 1.0 - variance / square) if square > 0 else 0.0


def _above_rounding(variance: float, history: Floats) -> float:
    # What is left of a perfect fit is the rounding of floats, and no noise.
    return 0.0 if variance < (1e-9 * float(np.abs(history).max(initial=0.0))) ** 2 else variance
