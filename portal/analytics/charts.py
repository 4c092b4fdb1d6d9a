"""Charts as Vega-Lite specifications: one definition for the page, its drawing without JavaScript, and PDFs.

Amounts become numbers here, in the data of a chart and nowhere else: a bar has no cents to lose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from portal.analytics.money import exact, plain

Theme = Literal["light", "dark"]
Spec = dict[str, Any]
BLUE, TEAL = "#4A90E2", "#00BFA5"
# Text keeps 4.5:1 on the ground of its theme; brand colours only fill.
INK = {"light": "#42505F", "dark": "#B9C4D0"}
_LINE = {"light": "#DDE3EA", "dark": "#38434F"}
FORMER = {"light": "#1F3A5F", "dark": "#E8EEF5"}
_PARTIAL = {"light": "#A4C7F0", "dark": "#2C5C93"}
_AGES = ("#8CBBEF", "#4A90E2", "#2F6DB5", "#1F4E86", "#12335C")
_AGES_DARK = ("#2F6DB5", "#4A90E2", "#7FB2EC", "#AED0F5", "#DCEBFC")
BUCKET_LABELS = {
    "not_due": "Not due",
    "1-30": "1\u201330 days",
    "31-60": "31\u201360",
    "61-90": "61\u201390",
    "91+": "91 and more",
}


@dataclass(frozen=True)
class Bar:
    """One step of a revenue chart; ``former`` is what it is compared with."""

    period: date
    label: str
    amount: Decimal
    partial: bool
    former: Decimal | None = None


@dataclass(frozen=True)
class Figure:
    """What a chart shows: its name, and the currency of its amounts; without one it counts something."""

    name: str
    currency: str = ""

    @property
    def axis(self) -> str:
        """Title of its axis."""
        return f"{self.name} ({self.currency})" if self.currency else self.name

    def text(self, amount: Decimal) -> str:
        """Return an amount as tooltips print it."""
        return f"{self.currency} {rounded_text(amount, self.currency)}" if self.currency else exact(amount)


def revenue_chart(bars: Sequence[Bar], currency: str, title: str, theme: Theme = "light") -> Spec:
    """Return revenue as bars over time, clipped periods paler, the compared period as a line of points."""
    return bars_chart(bars, Figure("Revenue", currency), title, theme)


def bars_chart(bars: Sequence[Bar], figure: Figure, title: str, theme: Theme = "light") -> Spec:
    """Return a figure as bars over time, clipped periods paler, what it is compared with as points."""
    data = [
        {
            # Sorts and tells apart by day; the axis prints what follows the bar, made here in one language and no time zone.
            "period": f"{bar.period.isoformat()}|{bar.label}",
            "label": bar.label,
            "amount": _number(bar.amount),
            "text": figure.text(bar.amount),
            "partial": bar.partial,
            **({} if bar.former is None else {"former": _number(bar.former), "formerText": figure.text(bar.former)}),
        }
        for bar in bars
    ]
    compared = any(bar.former is not None for bar in bars)
    x = {
        "field": "period", "type": "ordinal", "title": None, "sort": None,
        "axis": {
            "labelOverlap": "parity", "labelAngle": 0, "labelExpr": "split(datum.value, '|')[1]", "labelSeparation": 8,
            "ticks": False,
        },
    }  # fmt: skip
    bar_layer = {
        "mark": {"type": "bar", "cornerRadiusTopLeft": 2, "cornerRadiusTopRight": 2},
        "encoding": {
            "x": x,
            "y": {
                "field": "amount",
                "type": "quantitative",
                "title": figure.axis,
                "axis": amount_axis(bar.amount for bar in bars),
            },
            "color": {"condition": {"test": "datum.partial", "value": _PARTIAL[theme]}, "value": BLUE},
            "tooltip": _tips(figure, compared),
        },
    }
    layers = [bar_layer]
    if compared:
        point = {"type": "point", "filled": True, "opacity": 1, "size": 38, "color": FORMER[theme], "shape": "diamond"}
        encoding = {"x": x, "y": {"field": "former", "type": "quantitative"}, "tooltip": _tips(figure, compared)}
        layers.append({"mark": point, "encoding": encoding})
    return base(title, theme) | {"height": 260, "width": 760, "data": {"values": data}, "layer": layers}


def aging_chart(buckets: Sequence[tuple[str, Decimal, int]], currency: str, title: str, theme: Theme = "light") -> Spec:
    """Return receivables by age (bucket, amount, number of invoices) as horizontal bars with their amounts."""
    labels = [BUCKET_LABELS.get(name, name) for name, _, _ in buckets]
    data = [
        {
            "bucket": label,
            "amount": _number(amount),
            "text": f"{currency} {rounded_text(amount, currency)}",
            "invoices": count,
        }
        for label, (_, amount, count) in zip(labels, buckets, strict=True)
    ]
    y = {"field": "bucket", "type": "ordinal", "sort": None, "title": None, "axis": {"ticks": False, "labelLimit": 140}}
    amounts = [amount for _, amount, _ in buckets]
    # The amount stands behind its bar: the longest one must not push it out of the picture, not even of half a page.
    room = {"domain": [0, _number(max(amounts, default=Decimal(0)) * Decimal("1.4")) or 1]}
    x = {
        "field": "amount", "type": "quantitative", "title": f"Outstanding ({currency})",
        "axis": amount_axis(amounts), "scale": room,
    }  # fmt: skip
    tips = [
        {"field": "bucket", "title": "Age"},
        {"field": "text", "title": "Outstanding"},
        {"field": "invoices", "title": "Invoices"},
    ]
    scale = {"domain": labels, "range": list(_AGES if theme == "light" else _AGES_DARK)}
    color = {"field": "bucket", "type": "nominal", "scale": scale, "legend": None}
    layers = [
        {"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": {"y": y, "x": x, "color": color, "tooltip": tips}},
        {
            "mark": {"type": "text", "align": "left", "dx": 5, "color": INK[theme], "fontSize": 11},
            "encoding": {"y": y, "x": x, "text": {"field": "text"}},
        },
    ]
    return base(title, theme) | {"height": 170, "width": 760, "data": {"values": data}, "layer": layers}


def rounded_text(amount: Decimal, currency: str) -> str:
    """Return ``amount`` with separators of thousands, as chart labels print it."""
    return f"{Decimal(plain(amount, currency)):,f}"


def base(title: str, theme: Theme) -> Spec:
    """Return what every chart has: size, type and colours of the theme."""
    ink, line = INK[theme], _LINE[theme]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": title,
        "background": None,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {
            "font": "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif",
            "view": {"stroke": None},
            "axis": {
                "labelColor": ink, "titleColor": ink, "gridColor": line, "domainColor": line, "tickColor": line,
                "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal",
            },
            "axisX": {"grid": False},
            "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 11},
        },
    }  # fmt: skip


def amount_axis(amounts: Iterable[Decimal]) -> dict[str, Any]:
    """Return an axis for ``amounts``, shortened (1.2M) where they are large."""
    large = max(amounts, default=Decimal(0)) >= 100_000
    return {"format": "~s" if large else ",~f", "tickCount": 5, "grid": True}


def _tips(figure: Figure, compared: bool) -> list[dict[str, str]]:
    tips = [{"field": "label", "title": "Period"}, {"field": "text", "title": figure.name}]
    return tips + ([{"field": "formerText", "title": "Compared with"}] if compared else [])


def _number(amount: Decimal) -> float:
    return float(amount)
