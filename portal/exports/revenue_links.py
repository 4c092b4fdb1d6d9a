"""Where revenue leads: to the payments or invoices of its days, and of its department, doctor or payer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from portal.analytics.periods import DateRange
from portal.queries.breakdowns import BreakdownFilter, Line, PayerLine
from portal.queries.figures.behind import Behind
from portal.queries.revenue import Basis, RevenueFilter
from portal.queries.scope import UNATTRIBUTED, Dimension

Measure = Literal["revenue", "refunded", "net", "count", "average"]
_FIGURES: dict[Basis, dict[Measure, str]] = {
    "collected": {
        "revenue": "revenue-collected", "refunded": "revenue-refunded", "net": "revenue-net", "count": "revenue-payments",
        "average": "average-payment",
    },
    "billed": {"revenue": "revenue-billed", "count": "revenue-invoices", "average": "average-invoice"},
}  # fmt: skip
# What is billed goes by who paid or owes it: an invoice is of several payers.
_SHARES: dict[Measure, str] = {"revenue": "revenue-shares", "count": "revenue-shares-invoices"}


def of_days(asked: RevenueFilter, measure: Measure, days: DateRange) -> Behind:
    """Return where a figure of some days leads, under the filters of the report."""
    of = {f"{name}Id": named for name, named in asked.ids.items()}
    return Behind(_FIGURES[asked.basis][measure], _between(days) | of)


def of_total(asked: BreakdownFilter) -> dict[str, Behind]:
    """Return where the totals of a breakdown lead."""
    totals: dict[str, Measure] = {"Revenue": "revenue", "Refunded": "refunded"}
    figures = _FIGURES[asked.basis]
    return {
        label: Behind(figures[measure], _between(asked.days)) for label, measure in totals.items() if measure in figures
    }


def of_line(asked: BreakdownFilter, by: Dimension, measure: Measure) -> Callable[[Line | PayerLine], Behind | None]:
    """Return where a figure of a department, doctor or payer leads."""
    if by == "payer" and asked.split == "invoice":
        return lambda _: None  # only in files, which have no links
    figures = _SHARES if by == "payer" and asked.basis == "billed" else _FIGURES[asked.basis]

    def behind(line: Line | PayerLine) -> Behind:
        hospital = {} if isinstance(line, PayerLine) or line.hospital_id is None else {"hospitalId": line.hospital_id}
        return Behind(figures[measure], _between(asked.days) | {f"{by}Id": line.id or UNATTRIBUTED} | hospital)

    return behind


def _between(days: DateRange) -> dict[str, Any]:
    return {"startDate": days.start, "endDate": days.end}
