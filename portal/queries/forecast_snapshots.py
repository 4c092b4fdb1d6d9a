"""Forecasts of the past beside what came: snapshots that were kept as each month closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.analytics.forecast_models import Model
from portal.queries.forecasts import SeriesFilter
from portal.queries.providers import OF_PROVIDERS
from portal.queries.sql import one, rows

# One series is a hospital's, or a provider's pay: sums are of those in reach, bands are counted one by one. Of one doctor's
# revenue nothing is kept.
_WHERE = f"""
    where past.measure = :measure and past.currency = :currency and past.model_used = :model
      and past.actual_amount is not null
      and (cast(:ahead as int) is null or past.months_ahead = :ahead)
      and case
        when :measure = 'compensation' then {OF_PROVIDERS.format(column="past.provider_key")}
        else past.provider_key is null and cast(:provider_id as text) is null
      end"""
_ROWS = f"""
    select
      past.based_on, past.forecast_date, past.months_ahead, count(*) as series, sum(past.predicted_amount) as predicted,
      sum(past.actual_amount) as actual, count(past.lower_80) as banded,
      count(*) filter (where past.actual_amount between past.lower_80 and past.upper_80) as inside_80,
      count(*) filter (where past.actual_amount between past.lower_amount and past.upper_amount) as inside_95
    from portal.forecast_snapshots as past {_WHERE}
    group by past.based_on, past.forecast_date, past.months_ahead
    order by past.forecast_date desc, past.months_ahead
    limit :limit offset :offset"""
_SUM = f"""
    select
      count(*) as months, coalesce(sum(abs(grouped.actual - grouped.predicted)), 0) as missed,
      coalesce(sum(abs(grouped.actual)), 0) as actual, coalesce(sum(grouped.banded), 0)::bigint as banded,
      coalesce(sum(grouped.inside_80), 0)::bigint as inside_80, coalesce(sum(grouped.inside_95), 0)::bigint as inside_95
    from (
      select
        sum(past.predicted_amount) as predicted, sum(past.actual_amount) as actual, count(past.lower_80) as banded,
        count(*) filter (where past.actual_amount between past.lower_80 and past.upper_80) as inside_80,
        count(*) filter (where past.actual_amount between past.lower_amount and past.upper_amount) as inside_95
      from portal.forecast_snapshots as past {_WHERE}
      group by past.based_on, past.forecast_date
    ) as grouped"""


@dataclass(frozen=True)
class PastFilter:
    """Which snapshots: of a series' model, and how many months ahead (None: any)."""

    series: SeriesFilter
    model: Model = "combined"
    ahead: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        providers = None if self.series.providers is None else list(self.series.providers)
        return {
            "measure": self.series.measure, "currency": self.series.currency, "model": self.model, "ahead": self.ahead,
            "providers": providers, "provider_id": self.series.provider_id,
        }  # fmt: skip


@dataclass(frozen=True)
class PastForecast:
    """What was forecast for a month when ``based_on`` was the last closed one, and what came.

    ``series`` are the hospitals or providers added up; of the ``banded`` of them that had bands, so many came inside.
    """

    based_on: date
    forecast_date: date
    months_ahead: int
    series: int
    predicted: Decimal
    actual: Decimal
    banded: int
    inside_80: int
    inside_95: int

    @property
    def error(self) -> Decimal:
        """Actual less forecast."""
        return self.actual - self.predicted

    @property
    def error_percent(self) -> Decimal | None:
        """Size of the error in percent of what came; None where nothing did."""
        return abs(self.error) * 100 / abs(self.actual) if self.actual else None


@dataclass(frozen=True)
class PastSum:
    """All past forecasts of a filter: how far they missed together, and how many came inside their bands."""

    months: int
    missed: Decimal
    actual: Decimal
    banded: int
    inside_80: int
    inside_95: int

    @property
    def error_percent(self) -> Decimal | None:
        """Errors added up in percent of what came; None where nothing did."""
        return self.missed * 100 / self.actual if self.actual else None


def past_forecasts(connection: Connection, asked: PastFilter, page: int = 1, limit: int = 50) -> list[PastForecast]:
    """Return forecasts of months that are closed by now, the newest month first."""
    parameters = asked.parameters | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, _ROWS, parameters, PastForecast)


def past_sum(connection: Connection, asked: PastFilter) -> PastSum:
    """Return what they come to."""
    return one(connection, _SUM, asked.parameters, PastSum)
