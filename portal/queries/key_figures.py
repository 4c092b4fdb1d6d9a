"""Key figures of each month with what they are made of and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import rows, stream, values

_FROM = """
    from rpt_kpis as kpis
    inner join metric_definitions as definitions on kpis.metric = definitions.metric
    where kpis.currency = :currency
      and kpis.month between date_trunc('month', cast(:start as timestamp))::date and :end"""
_ROWS = f"""
    select kpis.hospital_id, kpis.month, kpis.as_of_date, kpis.is_partial as partial, kpis.metric, definitions.label,
           kpis.value, definitions.unit, definitions.formula, definitions.exclusions, kpis.numerator, kpis.denominator,
           kpis.multiplier, kpis.window_days, kpis.is_short_window as short_window
    {_FROM}
    order by kpis.month, kpis.metric, kpis.hospital_id"""
METRICS = (
    "collection_rate", "net_collection_rate", "days_in_ar", "days_in_ar_net_of_credits", "aged_ar_over_90",
    "initial_denial_rate", "initial_denial_rate_amount", "clean_claim_rate", "cost_to_collect", "average_days_to_pay",
    "average_days_to_pay_by_amount",
)  # fmt: skip
# Of these, numerator and denominator count claims, payments or days; of the others they are amounts.
_COUNTING = frozenset({"initial_denial_rate", "clean_claim_rate", "average_days_to_pay"})


@dataclass(frozen=True)
class KeyFigure:
    """One key figure of a hospital's month: value = numerator × multiplier / denominator; None where it cannot be said."""

    hospital_id: str
    month: date
    as_of_date: date
    partial: bool
    metric: str
    label: str
    value: Decimal | None
    unit: str
    formula: str
    exclusions: str | None
    numerator: Decimal | None
    denominator: Decimal | None
    multiplier: int
    window_days: int | None
    short_window: bool

    @property
    def counts(self) -> bool:
        """Whether numerator and denominator are numbers of something, not amounts."""
        return self.metric in _COUNTING


def key_figures_page(connection: Connection, days: DateRange, currency: str, page: int, limit: int) -> list[KeyFigure]:
    """Return one page of the key figures of the months that ``days`` touch, oldest first."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, f"{_ROWS} limit :limit offset :offset", _parameters(days, currency) | part, KeyFigure)


def key_figures_stream(connection: Connection, days: DateRange, currency: str) -> Iterator[KeyFigure]:
    """Yield the key figures of the months that ``days`` touch, oldest first."""
    return stream(connection, _ROWS, _parameters(days, currency), KeyFigure)


def key_figures_count(connection: Connection, days: DateRange, currency: str) -> int:
    """Return how many there are."""
    return int(values(connection, f"select count(*) {_FROM}", **_parameters(days, currency))[0])


def _parameters(days: DateRange, currency: str) -> dict[str, Any]:
    return {"currency": currency, "start": days.start, "end": days.end}
