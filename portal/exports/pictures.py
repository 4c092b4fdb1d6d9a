"""The chart of a report: figures of a query into bars of a specification."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.analytics.charts import Bar, Theme, revenue_chart
from portal.analytics.periods import Granularity
from portal.queries.revenue import RevenueReport


def revenue_picture(report: RevenueReport, theme: Theme = "light") -> dict[str, Any]:
    """Return the chart of ``report``, with the compared period's figures as points."""
    asked = report.asked
    former = [step.figures.revenue for step in report.former.periods] if report.former else []
    years = asked.days.start.year != asked.days.end.year
    bars = [
        Bar(
            step.period,
            period_label(step.period, asked.granularity, years),
            step.figures.revenue,
            step.partial,
            former[place] if place < len(former) else None,
        )
        for place, step in enumerate(report.current.periods)
    ]
    return revenue_chart(bars, asked.currency, revenue_alt(report), theme)


def revenue_alt(report: RevenueReport) -> str:
    """Return what the chart shows, in words."""
    asked = report.asked
    each = {"day": "daily", "week": "weekly", "month": "monthly"}[asked.granularity]
    text = f"Revenue {asked.basis} in {asked.currency}, {each}, {asked.days.start} to {asked.days.end}"
    return f"{text}, compared with {report.former.days.start} to {report.former.days.end}" if report.former else text


def period_label(day: date, granularity: Granularity, years: bool) -> str:
    """Return a period as axes and tables print it: ``5 Nov``, ``Week 45``, ``Nov``; with the year where there are several."""
    year = f" {day.year}" if years else ""
    if granularity == "week":
        iso = day.isocalendar()
        return f"W{iso.week:02} {iso.year}" if years else f"W{iso.week:02}"
    return f"{day:%b}{year}" if granularity == "month" else f"{day.day} {day:%b}{year}"
