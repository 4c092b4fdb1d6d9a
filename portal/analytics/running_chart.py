"""The chart of running totals: this year beside the one before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.analytics.charts import BLUE, Figure, Spec, Theme, base
from portal.analytics.projection import Projection
from portal.analytics.velocity import Running

_SHOWN_LEVEL = 80
_BEFORE = {"light": "#5B6B7B", "dark": "#B9C4D0"}


def running_chart(
    steps: Sequence[Running], end: Projection | None, figure: Figure, title: str, theme: Theme = "light"
) -> Spec:
    """Return two lines over the days of a year: solid for this year up to its last day that counts, dashed for the former.

    Where the year is expected to ``end`` stands as a point, its 80 % band as a line through it.
    """
    this = [_point(step, step.amount, "This year", figure) for step in steps if step.amount is not None]
    before = [_point(step, step.year_before, "Year before", figure) for step in steps]
    names = {"domain": ["This year", "Year before"]}
    encoding = {
        "x": {"field": "day", "type": "temporal", "title": None, "axis": {"format": "%b", "tickCount": "month"}},
        "y": {"field": "amount", "type": "quantitative", "title": figure.axis, "axis": {"format": "~s", "tickCount": 5}},
        "color": {
            "field": "year", "type": "nominal", "title": None, "legend": {"orient": "top"},
            "scale": names | {"range": [BLUE, _BEFORE[theme]]},
        },
        "strokeDash": {"field": "year", "type": "nominal", "scale": names | {"range": [[1, 0], [5, 4]]}, "legend": None},
        "tooltip": [
            {"field": "label", "title": "By"},
            {"field": "year", "title": "Year"},
            {"field": "text", "title": figure.name},
        ],
    }  # fmt: skip
    lines = {
        "data": {"values": [*this, *before]}, "mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding,
    }  # fmt: skip
    layers = [lines, *(_year_end(end, steps[-1], figure, _BEFORE[theme]) if end else [])]
    return base(title, theme) | {"height": 260, "width": 760, "layer": layers}


def _year_end(end: Projection, last: Running, figure: Figure, colour: str) -> list[Spec]:
    said = {"day": last.day.isoformat(), "amount": float(end.amount), "text": figure.text(end.amount)}
    x = {"field": "day", "type": "temporal"}
    tips = [{"field": "text", "title": "Year end, projected"}]
    y = {"field": "amount", "type": "quantitative"}
    mark = {"type": "point", "filled": True, "size": 60, "opacity": 1, "shape": "diamond", "color": colour}
    point = {"data": {"values": [said]}, "mark": mark, "encoding": {"x": x, "y": y, "tooltip": tips}}
    ends = [
        {"day": last.day.isoformat(), "low": float(band.low), "high": float(band.high)}
        for band in end.bands
        if band.level == _SHOWN_LEVEL
    ]
    y = {"field": "low", "type": "quantitative"}
    rule = {"type": "rule", "strokeWidth": 2, "color": colour}
    return [{"data": {"values": ends}, "mark": rule, "encoding": {"x": x, "y": y, "y2": {"field": "high"}}}, point]


def _point(step: Running, amount: Decimal, year: str, figure: Figure) -> dict[str, Any]:
    return {
        "day": step.day.isoformat(),
        "label": f"{step.day.day} {step.day:%b}",
        "amount": float(amount),
        "text": figure.text(amount),
        "year": year,
    }
