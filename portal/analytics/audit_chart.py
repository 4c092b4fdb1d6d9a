"""The chart of a billing audit: what became of each month's cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.analytics.audit_timeline import MonthOfCases
from portal.analytics.billing_audit import Fate
from portal.analytics.charts import BLUE, Spec, Theme, base

FATES: tuple[Fate, ...] = ("as logged", "different", "to decide", "missing", "unexpected")
_COLORS = {
    "light": [BLUE, "#A4C7F0", "#8A94A0", "#C2410C", "#7C3AED"],
    "dark": [BLUE, "#2C5C93", "#9AA5B1", "#FB923C", "#A78BFA"],
}
# Besides its colour each has an outline and a filling of its own: what wants an answer is hollow, by its outline.
_OUTLINES = [[1, 0], [1, 0], [1, 2], [1, 0], [5, 3]]
_FILLINGS = ["", "", "99", "40", "10"]  # alpha after the colour; none is full


def audit_chart(months: Sequence[MonthOfCases], title: str, theme: Theme = "light") -> Spec:
    """Return the cases of each month as stacked bars, by what became of them."""
    years = len({one.month.year for one in months}) > 1
    data = [
        {
            # Sorts by day; the axis prints what follows the bar.
            "month": f"{one.month.isoformat()}|{_label(one, years)}",
            "label": _label(one, True),
            "fate": fate,
            "place": place,
            "cases": one.counts.get(fate, 0),
        }
        for one in months
        for place, fate in enumerate(FATES)
    ]
    encoding = {
        "x": {
            "field": "month", "type": "ordinal", "title": None, "sort": None,
            "axis": {"labelExpr": "split(datum.value, '|')[1]", "labelAngle": 0, "labelOverlap": "parity", "ticks": False},
        },
        "y": {"field": "cases", "type": "quantitative", "title": "Cases", "axis": {"tickCount": 5, "tickMinStep": 1}},
        "fill": _by_fate([color + alpha for color, alpha in zip(_COLORS[theme], _FILLINGS, strict=True)]),
        "stroke": _by_fate(_COLORS[theme]),
        "strokeDash": _by_fate(_OUTLINES),
        "order": {"field": "place"},
        "tooltip": [
            {"field": "label", "title": "Month"}, {"field": "fate", "title": "Cases"}, {"field": "cases", "title": "How many"},
        ],
    }  # fmt: skip
    return base(title, theme) | {
        "height": 220, "width": 760, "data": {"values": data}, "mark": {"type": "bar", "strokeWidth": 1.5}, "encoding": encoding,
    }  # fmt: skip


def _by_fate(values: Sequence[Any]) -> dict[str, Any]:
    return {
        "field": "fate", "type": "nominal", "title": None, "legend": {"orient": "top", "columns": 2},
        "scale": {"domain": list(FATES), "range": list(values)},
    }  # fmt: skip


def _label(one: MonthOfCases, years: bool) -> str:
    return f"{one.month:%b %Y}" if years else f"{one.month:%b}"
