"""Where receivables and credits lead: to what is open on their day, and of their age."""

from __future__ import annotations

from collections.abc import Callable

from portal.queries.aging import AgingReport, Bucket
from portal.queries.figures.behind import Behind
from portal.queries.open_items import AgingFilter

_TOTALS = {
    "Outstanding": "receivables", "Current": "receivables-current", "Credits": "credits", "Invoices": "receivables-invoices",
}  # fmt: skip


def of_day(asked: AgingFilter, figure: str, bucket: str | None = None) -> Behind:
    """Return where a figure of the day leads, of one age or of all."""
    allocation = None if asked.allocation == "linked" else asked.allocation
    as_of = None if asked.own_dates else asked.as_of
    return Behind(figure, {"asOfDate": as_of, "knownAt": asked.known_at, "allocation": allocation, "bucket": bucket})


def of_bucket(report: AgingReport, figure: str) -> Callable[[Bucket], Behind]:
    """Return where a figure of one age leads."""
    return lambda bucket: of_day(report.asked, figure, bucket.bucket)


def of_total(report: AgingReport) -> dict[str, Behind]:
    """Return where the totals lead."""
    return {label: of_day(report.asked, figure) for label, figure in _TOTALS.items()}
