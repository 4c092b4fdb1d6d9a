"""The charts of insights: figures of the query into specifications."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, get_args

from portal.analytics.alert_texts import MEASURES
from portal.analytics.charts import Bar, Figure, Theme, bars_chart
from portal.analytics.comparing import Compared
from portal.analytics.running_chart import running_chart
from portal.exports.pictures import period_label
from portal.queries.insights import Insights

Chart = Literal["comparisons", "workload", "running"]
CHARTS: tuple[Chart, ...] = get_args(Chart)


def insight_picture(found: Insights, chart: Chart, theme: Theme = "light") -> dict[str, Any]:
    """Return one of the charts."""
    title, figure = insight_alt(found, chart), _figure(found)
    if chart == "running":
        return running_chart(found.running, found.projection, figure, title, theme)
    if chart == "workload":
        bars = [
            Bar(step.start, period_label(step.start, "month", years=True), Decimal(work.case_count), step.partial)
            for step, work in found.work.months
        ]
        return bars_chart(bars, Figure("Cases"), title, theme)
    bars = [
        Bar(period.days.start, compared_label(period), period.amount, period.partial, period.year_before.amount)
        for period in found.periods
    ]
    return bars_chart(bars, figure, title, theme)


def insight_alt(found: Insights, chart: Chart) -> str:
    """Return what a chart shows, in words."""
    days, name = found.asked.work.months, MEASURES[found.asked.measure]
    if chart == "running":
        return f"{name}, running total of {found.business_date.year} up to {found.business_date} and of the year before"
    if chart == "workload":
        return f"Cases by month, {days.start} to {days.end}"
    return f"{name} by {found.asked.grain}, {days.start} to {days.end}, beside the year before"


def compared_label(period: Compared) -> str:
    """Return a month, quarter or year as axes and tables print it."""
    months = period.days.end.month - period.days.start.month + 1
    if months == 1:
        return period_label(period.days.start, "month", years=True)
    year = str(period.days.start.year)
    return year if months == 12 else f"Q{(period.days.start.month + 2) // 3} {year}"


def _figure(found: Insights) -> Figure:
    asked = found.asked
    return Figure(MEASURES[asked.measure], "" if asked.measure == "cases" else asked.work.currency)
