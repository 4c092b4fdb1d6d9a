"""The chart of running totals: this year beside the one before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.analytics.charts import BLUE, Figure, Spec, Theme, base
from portal.analytics.velocity import Running

_BEFORE = {"light": "#5B6B7B", "dark": "#B9C4D0"}


def running_chart(steps: Sequence[Running], figure: Figure, title: str, theme: Theme = "light") -> Spec:
    """Return two lines over the days of a year: solid for this year up to its last day that counts, dashed for the former."""
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
    mark = {"type": "line", "strokeWidth": 2}
    return base(title, theme) | {
        "height": 260, "width": 760, "data": {"values": [*this, *before]}, "mark": mark, "encoding": encoding,
    }  # fmt: skip


def _point(step: Running, amount: Decimal, year: str, figure: Figure) -> dict[str, Any]:
    return {
        "day": step.day.isoformat(),
        "label": f"{step.day.day} {step.day:%b}",
        "amount": float(amount),
        "text": figure.text(amount),
        "year": year,
    }
