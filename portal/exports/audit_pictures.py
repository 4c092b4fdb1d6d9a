"""The timeline of a billing audit as a chart."""

from __future__ import annotations

from typing import Any

from portal.analytics.audit_chart import audit_chart
from portal.analytics.audit_timeline import timeline
from portal.analytics.billing_audit import AuditReport
from portal.analytics.charts import Theme
from portal.analytics.periods import DateRange


def timeline_picture(report: AuditReport, days: DateRange | None, theme: Theme = "light") -> dict[str, Any]:
    """Return the chart of what became of each month's cases; empty where no log covers any day."""
    return audit_chart(timeline(report, days) if days else (), timeline_alt(report, days), theme)


def timeline_alt(report: AuditReport, days: DateRange | None) -> str:
    """Return what the chart shows, in words."""
    if days is None:
        return "No log covers any day."
    found = report.summary
    return (
        f"Cases by month, {days.start} to {days.end}: {found.matched} billed, {found.discrepancies} of them with differences;"
        f" {found.ambiguous} to decide, {found.missing} missing, {found.unexpected} unexpected"
    )
