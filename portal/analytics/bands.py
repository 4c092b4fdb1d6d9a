"""How far off a forecast may be: bands from what the same model missed before, no normal distribution assumed.

The errors of a back-test, each divided by the usual size of errors so many months ahead, are ranked; the band ends where
the wanted share of them ends (split conformal prediction). Errors of one origin are kin, so the number of origins, not of
errors, says how far the ranking can be trusted: where it is too small for a rank, Student's t takes its place.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Literal

import numpy as np

from portal.analytics.forecast_models import Floats

Level = Literal[80, 95]
_ROUNDING = 1e-9
LEVELS: tuple[Level, ...] = (80, 95)
FEWEST_ERRORS = 4
"""With fewer past forecasts to learn from, there is no band: nobody can say."""


def half_widths(errors: Floats, level: Level) -> Floats | None:
    """Return half the width of the band for each step ahead, never shrinking with it; None for too short a history.

    Args:
        errors: of past forecasts, [origin, step ahead], NaN where unknown.
        level: percent of months that the band is to hold.
    """
    is_known = ~np.isnan(errors)
    origins = int(is_known[:, 0].sum())
    if origins < FEWEST_ERRORS:
        return None
    squares = np.where(is_known, errors, 0.0) ** 2
    # The months ahead up to this one together: twelve months ahead there are few errors, and one must not set the width.
    size = np.sqrt(np.maximum.accumulate(squares.sum(axis=0).cumsum() / is_known.sum(axis=0).cumsum()))
    ranked = (np.abs(errors) / np.where(size > 0, size, 1.0))[is_known]
    return np.asarray(size * _multiple(ranked, origins, level))


def half_width(errors: Floats, level: Level) -> float | None:
    """Return the same for one figure, of which ``errors`` are the past ones."""
    found = half_widths(errors[:, None], level)
    return None if found is None else float(found[0])


def _multiple(ranked: Floats, origins: int, level: Level) -> float:
    share = level / 100 * (origins + 1) / origins
    if share <= 1:
        return _rank(ranked, share)
    return max(_rank(ranked, level / 100), _students_t(level, origins)) if ranked.any() else 0.0


def _rank(ranked: Floats, share: float) -> float:
    return float(np.quantile(ranked, share - _ROUNDING, method="inverted_cdf"))


def _students_t(level: Level, degrees: int) -> float:
    """Return the two-sided quantile, by the expansion of Cornish and Fisher."""
    z = NormalDist().inv_cdf(0.5 + level / 200)
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
