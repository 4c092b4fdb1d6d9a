"""The chart of a forecast: what came as a line, what is expected as another, its bands as areas around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.analytics.charts import BLUE, TEAL, Spec, Theme, amount_axis, base, rounded_text

_ACTUAL = {"light": "#1F3A5F", "dark": "#E8EEF5"}
_OPACITY = {95: 0.16, 80: 0.3}


@dataclass(frozen=True)
class Point:
    """A month of the chart: ``actual`` of a closed one, ``expected`` and bands of one to come."""

    month: date
    label: str
    actual: Decimal | None = None
    expected: Decimal | None = None
    low_80: Decimal | None = None
    high_80: Decimal | None = None
    low_95: Decimal | None = None
    high_95: Decimal | None = None


def forecast_chart(points: Sequence[Point], currency: str, title: str, theme: Theme = "light") -> Spec:
    """Return the chart of ``points``, months in order. The forecast's line starts at the last closed month."""
    shown = [_datum(point, currency) for point in points]
    last = max((place for place, point in enumerate(points) if point.actual is not None), default=None)
    if last is not None and any(point.expected is not None for point in points):
        shown[last] |= dict.fromkeys(("expected", "low_80", "high_80", "low_95", "high_95"), shown[last]["actual"])
    months = [datum["month"] for datum in shown]
    x = {
        "field": "month", "type": "ordinal", "title": None, "scale": {"type": "point", "padding": 0.3, "domain": months},
        "axis": {
            "labelOverlap": "parity", "labelAngle": 0, "labelExpr": "split(datum.value, '|')[1]", "labelSeparation": 8,
            "ticks": False, "labelPadding": 6,
        },
    }  # fmt: skip
    largest = [
        amount for point in points for amount in (point.actual, point.high_95, point.expected) if amount is not None
    ]
    y = {"type": "quantitative", "title": f"Amount ({currency})", "axis": amount_axis(largest)}
    layers = [_area(level, x, y) for level in (95, 80)]
    for field, colour, dash in (("actual", _ACTUAL[theme], None), ("expected", BLUE, [6, 4])):
        layers.append(_line(field, colour, dash, x, y))
    return base(title, theme) | {"height": 280, "width": 760, "data": {"values": shown}, "layer": layers}


def _area(level: int, x: dict[str, Any], y: dict[str, Any]) -> Spec:
    color = TEAL if level == 95 else BLUE
    return {
        "transform": [{"filter": f"isValid(datum.low_{level})"}],
        "mark": {"type": "area", "color": color, "opacity": _OPACITY[level]},
        "encoding": {"x": x, "y": {"field": f"low_{level}", **y}, "y2": {"field": f"high_{level}"}, "tooltip": _tips()},
    }


def _line(field: str, colour: str, dash: list[int] | None, x: dict[str, Any], y: dict[str, Any]) -> Spec:
    mark = {"type": "line", "color": colour, "strokeWidth": 2, "point": {"color": colour, "size": 26, "filled": True}}
    if dash:
        mark["strokeDash"] = dash
    return {
        "transform": [{"filter": f"isValid(datum.{field})"}],
        "mark": mark,
        "encoding": {"x": x, "y": {"field": field, **y}, "tooltip": _tips()},
    }


def _datum(point: Point, currency: str) -> dict[str, Any]:
    datum: dict[str, Any] = {"month": f"{point.month.isoformat()}|{point.label}", "label": point.label}
    for name in ("actual", "expected", "low_80", "high_80", "low_95", "high_95"):
        amount: Decimal | None = getattr(point, name)
        if amount is not None:
            datum[name] = float(amount)
    amount = point.actual if point.actual is not None else point.expected
    datum["text"] = "" if amount is None else f"{currency} {rounded_text(amount, currency)}"
    datum["what"] = "Came" if point.actual is not None else "Forecast"
    for level, low, high in ((80, point.low_80, point.high_80), (95, point.low_95, point.high_95)):
        datum[f"band_{level}"] = (
            "\u2013"
            if low is None or high is None
            else f"{rounded_text(low, currency)} to {rounded_text(high, currency)}"
        )
    return datum


def _tips() -> list[dict[str, str]]:
    named = {"label": "Month", "what": "What", "text": "Amount", "band_80": "80 % band", "band_95": "95 % band"}
    return [{"field": field, "title": title} for field, title in named.items()]
