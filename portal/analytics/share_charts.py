"""Charts of shares and rates: amounts by name as bars, parts of a whole as a pie, a rate over time as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import pi
from typing import Any, Literal

from portal.analytics.charts import BLUE, FORMER, INK, Figure, Spec, Theme, base
from portal.analytics.money import hundredths

# Told apart by their lightness too, on both grounds; the larger ones have their names beside them, the legend has all.
_PARTS = ("#4A90E2", "#00BFA5", "#1F4E86", "#8CBBEF", "#7A5BB5", "#C9803A", "#5B6B7B", "#B0456E")
_MOST_BARS = 20
_LEAST_NAMED = 0.04  # of the whole: names of smaller slices would lie over each other


@dataclass(frozen=True)
class Part:
    """A named amount."""

    name: str
    amount: Decimal


@dataclass(frozen=True)
class Rate:
    """A rate (0–100) of a step of time; None where nothing stands against it. ``former`` is what it is compared with."""

    period: date
    label: str
    rate: Decimal | None
    former: Decimal | None = None


def parts_bars(parts: Sequence[Part], figure: Figure, title: str, theme: Theme = "light") -> Spec:
    """Return the largest parts as horizontal bars."""
    shown = sorted(parts, key=lambda part: -part.amount)[:_MOST_BARS]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "labelLimit": 200}}
    amounts = {"format": "~s", "tickCount": 5, "grid": True}
    encoding = {
        "y": y,
        "x": {"field": "amount", "type": "quantitative", "title": figure.axis, "axis": amounts},
        "tooltip": _tips(figure),
    }  # fmt: skip
    mark = {"type": "bar", "cornerRadiusEnd": 2, "color": BLUE}
    return base(title, theme) | {
        "height": {"step": 24}, "width": 760, "data": {"values": _values(shown, figure)}, "mark": mark, "encoding": encoding,
    }  # fmt: skip


def parts_pie(parts: Sequence[Part], figure: Figure, title: str, theme: Theme = "light") -> Spec:
    """Return what the parts have of their sum, as a pie; parts of nothing or less have no slice."""
    shown = [part for part in sorted(parts, key=lambda part: -part.amount) if part.amount > 0]
    names = [part.name for part in shown]
    colours = [_PARTS[place % len(_PARTS)] for place in range(len(names))]
    encoding = {
        "theta": {"field": "amount", "type": "quantitative", "stack": True},
        "order": {"field": "place", "type": "quantitative"},
        "color": {
            "field": "name", "type": "nominal", "title": None, "sort": None, "scale": {"domain": names, "range": colours},
            "legend": {"orient": "bottom", "columns": 3, "labelLimit": 150},
        },
        "tooltip": _tips(figure),
    }  # fmt: skip
    stroke = "#FFFFFF" if theme == "light" else "#18222D"
    arc = {"type": "arc", "innerRadius": 50, "outerRadius": 102, "stroke": stroke, "strokeWidth": 1}
    slices = {"data": {"values": _values(shown, figure)}, "mark": arc, "encoding": encoding}
    return base(title, theme) | {
        "height": 240, "width": 480, "layer": [slices, _names_beside(shown, "left", theme), _names_beside(shown, "right", theme)],
    }  # fmt: skip


def _names_beside(parts: Sequence[Part], side: Literal["left", "right"], theme: Theme) -> Spec:
    """Return the names of the larger slices of one side, each at the middle of its slice."""
    total, before, places = float(sum(part.amount for part in parts)), 0.0, []
    for part in parts:
        share = float(part.amount) / total
        middle = before + share / 2
        if share >= _LEAST_NAMED and (middle <= 0.5) == (side == "right"):
            places.append({"name": part.name, "angle": middle * 2 * pi})
        before += share
    mark = {
        "type": "text", "radius": 110, "align": "left" if side == "right" else "right", "baseline": "middle",
        "fontSize": 11, "limit": 135, "color": INK[theme],
    }  # fmt: skip
    angle = {"field": "angle", "type": "quantitative", "stack": None, "scale": None}
    return {
        "data": {"values": places}, "mark": mark, "encoding": {"theta": angle, "text": {"field": "name", "type": "nominal"}},
    }  # fmt: skip


def rate_line(rates: Sequence[Rate], name: str, title: str, theme: Theme = "light") -> Spec:
    """Return a rate over time as a line, what it is compared with as points; steps without a rate leave a gap."""
    data = [
        {
            "period": f"{step.period.isoformat()}|{step.label}",
            "label": step.label,
            "rate": None if step.rate is None else float(step.rate),
            "text": "nothing billed" if step.rate is None else f"{hundredths(step.rate)} %",
            **(
                {}
                if step.former is None
                else {"former": float(step.former), "formerText": f"{hundredths(step.former)} %"}
            ),
        }
        for step in rates
    ]
    x = {
        "field": "period", "type": "ordinal", "title": None, "sort": None,
        "axis": {"labelOverlap": "parity", "labelAngle": 0, "labelExpr": "split(datum.value, '|')[1]", "ticks": False},
    }  # fmt: skip
    y = {"field": "rate", "type": "quantitative", "title": f"{name} (%)", "axis": {"tickCount": 5, "grid": True}}
    tips = [{"field": "label", "title": "Period"}, {"field": "text", "title": name}]
    mark = {
        "type": "line",
        "point": {"filled": True, "size": 40},
        "color": BLUE,
        "strokeWidth": 2,
        "invalid": "break-paths-filter-domains",
    }
    drawn = base(title, theme) | {"height": 260, "width": 760, "data": {"values": data}}
    if all(step.former is None for step in rates):
        return drawn | {"mark": mark, "encoding": {"x": x, "y": y, "tooltip": tips}}
    tips = [*tips, {"field": "formerText", "title": "Compared with"}]
    y = y | {"title": f"{name} (%), diamonds: then"}
    point = {"type": "point", "filled": True, "opacity": 1, "size": 38, "color": FORMER[theme], "shape": "diamond"}
    compared = {"x": x, "y": {"field": "former", "type": "quantitative"}, "tooltip": tips}
    return drawn | {
        "layer": [{"mark": mark, "encoding": {"x": x, "y": y, "tooltip": tips}}, {"mark": point, "encoding": compared}]
    }


def _values(parts: Sequence[Part], figure: Figure) -> list[dict[str, Any]]:
    return [
        {"name": part.name, "amount": float(part.amount), "text": figure.text(part.amount), "place": place}
        for place, part in enumerate(parts)
    ]


def _tips(figure: Figure) -> list[dict[str, str]]:
    return [{"field": "name", "title": "Of"}, {"field": "text", "title": figure.name}]
