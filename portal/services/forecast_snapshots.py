"""Keeps forecasts as months close, and what came of them: once for each closed month, model and series, never changed later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from portal import builds
from portal.analytics.bands import LEVELS
from portal.analytics.forecasting import Expected, forecast, models_for
from portal.analytics.month_series import MonthSeries, month_after
from portal.models import db
from portal.queries import scope
from portal.queries.forecasts import Measure, SeriesFilter, month_series, pay_series
from portal.services import audit
from portal.services.audit import Entry

_HOSPITALS = text("""
  select dates.hospital_id
  from ops.business_dates as dates
  join ops.builds as live on live.build_id = dates.build_id and live.state = 'live'
  order by 1
""")
# Two workers may keep at the same time: the second finds everything there.
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('forecast_snapshots|' || :hospital, 0))")
_KEPT = text("""
  select distinct measure, currency, provider_key, based_on
  from portal.forecast_snapshots
  where hospital_id = :hospital and based_on >= :since
""")
_KEEP = text("""
  insert into portal.forecast_snapshots (
    created_date, forecast_date, predicted_amount, model_used, hospital_id, measure, currency, provider_key, based_on,
    months_ahead, lower_amount, upper_amount, lower_80, upper_80, build_id)
  values (
    :created, :month, :predicted, :model, :hospital, :measure, :currency, :provider, :based_on,
    :ahead, :lower_95, :upper_95, :lower_80, :upper_80, :build)
  on conflict do nothing
""")
_FILL = text("""
  update portal.forecast_snapshots as past
  set actual_amount = came.amount, actual_build_id = :build
  from unnest(cast(:months as date[]), cast(:amounts as numeric[])) as came (month, amount)
  where past.hospital_id = :hospital and past.measure = :measure and past.currency = :currency
    and past.provider_key is not distinct from cast(:provider as uuid)
    and past.forecast_date = came.month and past.actual_amount is distinct from came.amount
""")
_REVENUE: tuple[Measure, ...] = ("collected", "billed")


@dataclass(frozen=True)
class Kept:
    """How many forecasts were kept, and how many got (or changed) the amount that came."""

    forecasts: int = 0
    actuals: int = 0

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.forecasts + other.forecasts, self.actuals + other.actuals)


@dataclass(frozen=True)
class _Series:
    measure: Measure
    currency: str
    provider: UUID | None
    months: MonthSeries

    @property
    def based_on(self) -> date:
        return month_after(self.months.next_month, -1)


def keep(entry: Entry) -> Kept:
    """Keep the forecasts of the live build: a transaction with its audit record for each hospital that has something new.

    Args:
        entry: the audit record; hospital and values are filled in.

    Raises:
        NoBuildError: if nothing was ever published.
    """
    with db.engine.begin() as connection:
        hospitals: list[str] = list(connection.execute(_HOSPITALS).scalars())
    if not hospitals:
        raise builds.NoBuildError
    return sum((_keep_hospital(hospital, entry) for hospital in hospitals), Kept())


def _keep_hospital(hospital: str, entry: Entry) -> Kept:
    with db.engine.begin() as connection:
        build, _ = builds.pin_newest(connection, [hospital])
        connection.execute(_LOCK, {"hospital": hospital})
        here = next((one for one in scope.hospitals(connection) if one.hospital_id == hospital), None)
        if here is None:
            return Kept()  # it left between the two transactions
        place = {"hospital": hospital, "build": build}
        found = list(_series(connection, here.business_date))
        since = min((one.based_on for one in found), default=here.business_date)
        known = {tuple(row) for row in connection.execute(_KEPT, {"hospital": hospital, "since": since})}
        rows = [
            row | place | {"created": here.business_date}
            for one in found
            if (one.measure, one.currency, one.provider, one.based_on) not in known
            for row in _rows(one)
        ]
        if rows:
            connection.execute(_KEEP, rows)
        kept = Kept(len(rows), sum(_fill(connection, one, place) for one in found))
        if kept != Kept():
            new = {"build_id": build, "forecasts": kept.forecasts, "actuals": kept.actuals}
            audit.record(replace(entry, hospital_ids=(hospital,), new_values=new), connection)
        return kept


def _series(connection: Connection, business_date: date) -> Iterator[_Series]:
    for currency in scope.currencies(connection):
        for measure in _REVENUE:
            months = month_series(connection, SeriesFilter(measure, currency), business_date)
            if months.amounts:
                yield _Series(measure, currency, None, months)
        for provider, months in pay_series(connection, currency, business_date).items():
            yield _Series("compensation", currency, provider, months)


def _rows(one: _Series) -> Iterator[dict[str, Any]]:
    """Yield a row for each model and month ahead."""
    for model in models_for(len(one.months.amounts)):
        found = forecast(one.months, one.currency, model=model)
        for ahead, month in enumerate(found.months if found else (), start=1):
            yield {
                "measure": one.measure, "currency": one.currency, "provider": one.provider, "based_on": one.based_on,
                "model": model, "month": month.start, "ahead": ahead, "predicted": month.amount, **_bands(month),
            }  # fmt: skip


def _bands(month: Expected) -> dict[str, Decimal | None]:
    ends: dict[str, Decimal | None] = {}
    for level in LEVELS:
        band = month.band(level)
        ends |= {f"lower_{level}": band.low if band else None, f"upper_{level}": band.high if band else None}
    return ends


def _fill(connection: Connection, one: _Series, place: dict[str, Any]) -> int:
    values = {
        "measure": one.measure, "currency": one.currency, "provider": one.provider,
        "months": list(one.months.months), "amounts": list(one.months.amounts),
    }  # fmt: skip
    return connection.execute(_FILL, place | values).rowcount
