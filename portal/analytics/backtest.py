"""Rolling-origin back-test: what each model would have said at the end of every past month, and how far off it was.

An origin is a number of months known. Nothing that is said at an origin, its bands included, uses a later month.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from portal.analytics.bands import FEWEST_ERRORS, LEVELS, Level, half_width, half_widths
from portal.analytics.forecast_models import HORIZON, MODELS, YEAR, Floats, Model

FIRST_ORIGIN = 3
QUARTER = 3
_DOUBT = 6.0  # so many months of equal merit are believed beforehand
_SHARPNESS = 1.5
_ROUNDING = 1e-9
# A voice for each way of looking ahead, not for each model: the averages share one, the lines half of one as they carry far,
# and what knows seasons has most. Found by back-tests of made-up groups; how sharply errors count, too.
_VOICES: dict[Model, float] = {
    "rolling_3": 1 / 3, "rolling_6": 1 / 3, "rolling_12": 1 / 3, "trend": 1 / 4, "damped_trend": 1 / 4,
    "seasonal_naive": 1.5, "seasonal": 3.0,
}  # fmt: skip


@dataclass(frozen=True)
class Paths:
    """What one model says from every origin.

    Attributes:
        forecast: [origin, month ahead]; NaN where the model had too few months. The last row is the forecast of today.
        error: actual less forecast; NaN where the month is still to come.
    """

    forecast: Floats
    error: Floats

    def known(self, origin: int, months: int = 1) -> Floats:
        """Return the errors that were known at ``origin``: [earlier origin, month ahead], others NaN.

        Once half a year of errors (a year, of many ``months`` added up: neighbours are alike) is left without them, those of a
        younger history, with fewer models, are left out: they tell nothing any more.
        """
        rows = np.arange(len(self.error))[:, None]
        is_known = rows + np.arange(HORIZON)[None, :] < origin
        spare = origin - months + 1 - min(YEAR, YEAR // 2 + months - 1)
        first = max(0, min(spare // YEAR, 2)) * YEAR
        return np.asarray(np.where(is_known & (rows >= first), self.error, np.nan))


@dataclass(frozen=True)
class Accuracy:
    """How a model did. Percentages are 0-100; None where nothing can be said.

    Attributes:
        months: how many past forecasts of single months this is of.
        mase: mean absolute error as a share of that of repeating the year before one month at a time, over the history.
        against_naive: mean absolute error as a share of the seasonal naive forecast's for the same months from the same origins.
        smape: symmetric percentage error.
        quarter_error: absolute percentage error of three months as one figure, the average of all origins.
        coverage, quarter_coverage: percent of actual figures inside the band of each level.
    """

    months: int
    mase: float | None
    against_naive: float | None
    smape: float | None
    quarter_error: float | None
    coverage: dict[Level, float | None]
    quarter_coverage: dict[Level, float | None]


def paths(history: Floats) -> dict[Model, Paths]:
    """Return the paths of every model that ``history`` suffices for, and of their combination."""
    found: dict[Model, Paths] = {}
    count = len(history)
    actual = _actuals(history)
    for model, (needed, forecast) in MODELS.items():
        if count < needed:
            continue
        table = np.full((count + 1, HORIZON), np.nan)
        for origin in range(max(needed, min(FIRST_ORIGIN, count)), count + 1):
            table[origin] = forecast(history[:origin])
        found[model] = Paths(table, actual - table)
    if found:
        table = _combined(found, history)
        found["combined"] = Paths(table, actual - table)
    return found


def weights(found: dict[Model, Paths], history: Floats, origin: int) -> dict[Model, float]:
    """Return the share of each single model in the combination at ``origin``: the smaller its known errors, the larger.

    Some models need two years and have few errors to show, so each is measured against the average of three months over
    its own origins. Few origins prove little and pull towards what is believed beforehand; a model that never missed takes all.
    """
    able = [model for model in found if model != "combined" and not np.isnan(found[model].forecast[origin, 0])]
    simplest = found["rolling_3"].known(origin)
    negligible = (_ROUNDING * float(np.abs(history[:origin]).max(initial=0.0))) ** 2
    scores = {model: _score(found[model].known(origin), simplest, negligible) for model in able}
    perfect = [model for model in able if scores[model] == 0]
    shares = dict.fromkeys(perfect, 1.0) or {model: _voice(model, able) / scores[model] ** _SHARPNESS for model in able}
    total = sum(shares.values())
    return {model: shares.get(model, 0.0) / total for model in able}


def accuracy(found: Paths, yardstick: Paths | None, history: Floats) -> Accuracy:
    """Return how the model of ``found`` did over all origins that count, beside ``yardstick``, the seasonal naive one."""
    errors = found.known(len(history))
    missed = ~np.isnan(errors)
    off, actual = np.abs(errors[missed]), _actuals(history)
    naive = float(np.abs(history[YEAR:] - history[:-YEAR]).mean()) if len(history) > YEAR else 0.0
    size = np.abs(actual[missed]) + np.abs(found.forecast[missed])
    quarter, quarter_actual = _quarters(errors), _quarters(actual)
    counted = ~np.isnan(quarter) & (np.nan_to_num(quarter_actual) != 0)
    inside, quarter_inside = _covered(found, errors)
    return Accuracy(
        months=len(off),
        mase=float(off.mean()) / naive if len(off) and naive else None,
        against_naive=None if yardstick is None else _ratio(errors, yardstick.known(len(history))),
        smape=_mean(200 * off / np.where(size > 0, size, 1.0)),
        quarter_error=_mean(100 * np.abs(quarter[counted] / quarter_actual[counted])),
        coverage=inside,
        quarter_coverage=quarter_inside,
    )


def _ratio(errors: Floats, others: Floats) -> float | None:
    both = ~np.isnan(errors) & ~np.isnan(others)
    usual = float(np.abs(others[both]).sum())
    return float(np.abs(errors[both]).sum()) / usual if usual else None


def _voice(model: Model, able: Collection[Model]) -> float:
    # Until there are two years, only the year before knows seasons.
    is_alone = model == "seasonal_naive" and "seasonal" not in able
    return _VOICES[model] + (_VOICES["seasonal"] if is_alone else 0.0)


def _score(errors: Floats, simplest: Floats, negligible: float) -> float:
    """Return the mean squared error relative to the simplest model's, near 1 for few origins; 0 for a perfect model."""
    both = ~np.isnan(errors) & ~np.isnan(simplest)
    origins = int(both.any(axis=1).sum())
    own, usual = float((errors[both] ** 2).sum()), float((simplest[both] ** 2).sum())
    if origins >= FEWEST_ERRORS and own <= negligible * both.sum():
        return 0.0
    return (origins * own / usual + _DOUBT) / (origins + _DOUBT) if usual > 0 else 1.0


def _combined(found: dict[Model, Paths], history: Floats) -> Floats:
    table = np.full((len(history) + 1, HORIZON), np.nan)
    for origin in range(min(FIRST_ORIGIN, len(history)), len(history) + 1):
        shares = weights(found, history, origin)
        table[origin] = sum(share * found[model].forecast[origin] for model, share in shares.items())
    return table


def _covered(found: Paths, judged: Floats) -> tuple[dict[Level, float | None], dict[Level, float | None]]:
    inside: dict[Level, list[float]] = {level: [] for level in LEVELS}
    quarter_inside: dict[Level, list[float]] = {level: [] for level in LEVELS}
    for origin in np.flatnonzero(~np.isnan(judged[:, 0])):
        known, errors = found.known(int(origin)), judged[origin]
        came = ~np.isnan(errors)
        for level in LEVELS:
            widths = half_widths(known, level)
            width = half_width(_quarters(found.known(int(origin), QUARTER)), level)
            if widths is not None:
                inside[level] += list(np.abs(errors[came]) <= widths[came])
            if width is not None and came[QUARTER - 1]:
                quarter_inside[level].append(abs(float(errors[:QUARTER].sum())) <= width)
    return (
        {level: _mean(100 * np.asarray(each, dtype=float)) for level, each in inside.items()},
        {level: _mean(100 * np.asarray(each, dtype=float)) for level, each in quarter_inside.items()},
    )


def _quarters(table: Floats) -> Floats:
    """Return the first three months ahead added up; NaN where one is missing."""
    return np.asarray(table[:, :QUARTER].sum(axis=1))


def _actuals(history: Floats) -> Floats:
    """Return what came: [origin, month ahead], NaN where it is still to come."""
    ahead = np.arange(len(history) + 1)[:, None] + np.arange(HORIZON)[None, :]
    return np.asarray(np.concatenate([history, np.full(HORIZON + 1, np.nan)])[ahead])


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
