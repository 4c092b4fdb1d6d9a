"""The charts of the financial reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from portal.analytics.charts import Figure, Theme, aging_chart
from portal.analytics.share_charts import Part, Rate, parts_bars, parts_pie, rate_line
from portal.blueprints.financial_desk import Chart, Desk
from portal.exports.pictures import period_label
from portal.queries.breakdowns import by_department


def _aging_picture(desk: Desk, theme: Theme) -> dict[str, Any]:
    buckets = [(bucket.bucket, bucket.amount, bucket.invoice_count) for bucket in desk.aging().buckets]
    return aging_chart(buckets, desk.currency, f"Receivables by age, {desk.here.business_date}", theme)


def _payers_picture(desk: Desk, theme: Theme) -> dict[str, Any]:
    parts = [Part(line.name, line.sums.revenue) for line in desk.payers().lines]
    return parts_pie(parts, _revenue_figure(desk), f"Revenue {desk.query.basis} by payer", theme)


def _departments_picture(desk: Desk, theme: Theme) -> dict[str, Any]:
    lines = by_department(desk.here.marts, desk.revenue()).lines
    names = Counter(line.name for line in lines)  # departments of two hospitals may be called alike
    parts = [
        Part(f"{line.name} ({line.hospital_id})" if names[line.name] > 1 else line.name, line.sums.revenue)
        for line in lines
    ]
    return parts_bars(parts, _revenue_figure(desk), f"Revenue {desk.query.basis} by department", theme)


def _collection_picture(desk: Desk, theme: Theme) -> dict[str, Any]:
    rates = [
        Rate(
            step.period,
            period_label(step.period, "month", years=True),
            step.sums.collected * 100 / step.sums.billed if step.sums.billed else None,
        )
        for step in desk.collection().steps
    ]
    return rate_line(rates, "Collection rate", f"Collection rate by month, {desk.days.start} to {desk.days.end}", theme)


def _revenue_figure(desk: Desk) -> Figure:
    return Figure(f"Revenue {desk.query.basis}", desk.currency)


CHARTS: dict[Chart, Callable[[Desk, Theme], dict[str, Any]]] = {
    "aging": _aging_picture, "payers": _payers_picture, "departments": _departments_picture, "collection": _collection_picture,
}  # fmt: skip
"""What draws each chart."""
