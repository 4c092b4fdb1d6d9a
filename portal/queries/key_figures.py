"""Key figures of each month with what they are made of and what they mean; receivables with what was decided since the build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.receivables_since import ReceivablesChange, receivables_changes
from portal.queries.sql import rows, stream, values

_FROM = """
    from rpt_kpis as kpis
    inner join metric_definitions as definitions on kpis.metric = definitions.metric
    where kpis.currency = :currency
      and kpis.month between date_trunc('month', cast(:start as timestamp))::date and :end"""
_ROWS = f"""
    select kpis.hospital_id, kpis.month, kpis.as_of_date, kpis.is_partial as partial, kpis.metric, definitions.label,
           kpis.value, definitions.unit, definitions.formula, definitions.exclusions, kpis.numerator, kpis.denominator,
           kpis.multiplier, kpis.window_days, kpis.is_short_window as short_window,
           kpis.as_of_date = (select h.business_date from dim_hospitals as h where h.hospital_id = kpis.hospital_id) as is_today
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
    is_today: bool

    @property
    def counts(self) -> bool:
        """Whether numerator and denominator are numbers of something, not amounts."""
        return self.metric in _COUNTING


def key_figures_page(connection: Connection, days: DateRange, currency: str, page: int, limit: int) -> list[KeyFigure]:
    """Return one page of the key figures of the months that ``days`` touch, oldest first."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    found = rows(connection, f"{_ROWS} limit :limit offset :offset", _parameters(days, currency) | part, KeyFigure)
    changes = receivables_changes(connection, currency)
    return [with_change(figure, changes.get(figure.hospital_id)) for figure in found]


def key_figures_stream(connection: Connection, days: DateRange, currency: str) -> Iterator[KeyFigure]:
    """Yield the key figures of the months that ``days`` touch, oldest first."""
    changes = receivables_changes(connection, currency)
    for figure in stream(connection, _ROWS, _parameters(days, currency), KeyFigure):
        yield with_change(figure, changes.get(figure.hospital_id))


def key_figures_count(connection: Connection, days: DateRange, currency: str) -> int:
    """Return how many there are."""
    return int(values(connection, f"select count(*) {_FROM}", **_parameters(days, currency))[0])


def with_change(figure: KeyFigure, change: ReceivablesChange | None) -> KeyFigure:
    """Return a figure of the business date's receivables with what was decided since the build; any other as it is."""
    if change is None or not figure.is_today or figure.numerator is None or figure.denominator is None:
        return figure
    numerator, denominator = figure.numerator, figure.denominator
    if figure.metric == "aged_ar_over_90":
        numerator, denominator = numerator + change.over_90, denominator + change.receivables
        value: Decimal | None = _quotient(100 * numerator, denominator) or Decimal(0)
    elif figure.metric in ("days_in_ar", "days_in_ar_net_of_credits"):
        numerator += change.receivables - (change.credits if figure.metric != "days_in_ar" else 0)
        value = _quotient(numerator * figure.multiplier, denominator)
    else:
        return figure
    return replace(figure, value=value, numerator=numerator, denominator=denominator)


def _quotient(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    return (dividend / divisor).quantize(Decimal("0.01"), ROUND_HALF_UP) if divisor > 0 else None


def _parameters(days: DateRange, currency: str) -> dict[str, Any]:
    return {"currency": currency, "start": days.start, "end": days.end}
