"""Revenue by department, doctor and payer as files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal

from sqlalchemy import Connection

from portal.analytics.money import Money, percent, readable
from portal.exports import revenue_links
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import REVENUE_METRICS, Filters, counted
from portal.queries.breakdowns import PAYER_GROUPS, Breakdown, BreakdownFilter, PayerBreakdown, Sums
from portal.queries.definitions import definitions
from portal.queries.scope import Dimension

_COUNTS = "What several share counts once in each of them: counts do not add up, money does."


def department_document(connection: Connection, found: Breakdown, stamp: Stamp, filters: Filters) -> Document:
    """Return revenue by department."""
    named = (
        Column("code", "Code", "text", attrgetter("code")),
        Column("name", "Department", "text", attrgetter("name")),
    )
    return _document(connection, "department", found, found.lines, stamp, filters, named=(_HOSPITAL, *named))


def doctor_document(connection: Connection, found: Breakdown, stamp: Stamp, filters: Filters) -> Document:
    """Return revenue by doctor; of those left out, a note with their number and their money."""
    named = (
        Column("code", "Doctor", "text", attrgetter("code")),
        Column("name", "Name", "text", attrgetter("name")),
        Column("specialization", "Specialization", "text", attrgetter("specialization")),
    )
    notes = []
    if found.left_out:
        other = readable(found.other.revenue, found.asked.currency)
        notes.append(f"{len(found.left_out):,} more doctors with revenue of {other} are not listed.")
    return _document(connection, "doctor", found, found.lines, stamp, filters, named=(_HOSPITAL, *named), notes=notes)


def payer_document(connection: Connection, found: PayerBreakdown, stamp: Stamp, filters: Filters) -> Document:
    """Return revenue by payer."""
    named = (
        Column("group", "Group", "text", lambda line: PAYER_GROUPS[line.group]),
        Column("payer_class", "Class", "text", attrgetter("payer_class")),
        Column("code", "Payer", "text", attrgetter("id")),
        Column("name", "Name", "text", attrgetter("name")),
    )
    shown = [line for group in PAYER_GROUPS for line in found.of(group)]
    return _document(connection, "payer", found, shown, stamp, filters, named=named)


By = Literal["department", "doctor", "payer"]
_DIMENSIONS: dict[By, Dimension] = {"department": "department", "doctor": "provider", "payer": "payer"}
_HOSPITAL = Column("hospital_id", "Hospital", "text", attrgetter("hospital_id"))


def _document(
    connection: Connection, by: By, found: Breakdown | PayerBreakdown, lines: Sequence[Any],
    stamp: Stamp, filters: Filters, *, named: Sequence[Column], notes: Sequence[str] = (),
) -> Document:  # fmt: skip
    asked, total = found.asked, found.total
    metrics = (*REVENUE_METRICS[asked.basis], *(["revenue_by_payer"] if by == "payer" else []))
    return Document(
        name=f"revenue-{by}-{asked.basis}-{asked.days.start}-{asked.days.end}-{asked.currency.lower()}",
        title=f"Revenue {asked.basis} by {by}",
        currency=asked.currency,
        columns=(*named, *_figures(asked, total, _DIMENSIONS[by])),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        summary=_summary(asked, total),
        behind=revenue_links.of_total(asked),
        notes=(*notes, _COUNTS),
        definitions=definitions(connection, metrics),
        chart_columns=("name", "revenue"),
    )


def _figures(asked: BreakdownFilter, total: Sums, by: Dimension) -> list[Column]:
    def column(name: revenue_links.Measure, label: str, kind: Kind) -> Column:
        return Column(name, label, kind, attrgetter(f"sums.{name}"), behind=revenue_links.of_line(asked, by, name))

    def share(line: Any) -> Decimal:
        return Decimal(percent(line.sums.revenue, total.revenue))

    return [
        column("revenue", "Revenue", "money"),
        *([column("refunded", "Refunded", "money")] if asked.basis == "collected" else []),
        column("count", counted(asked.basis), "integer"),
        Column("percentage", "Share %", "rate", share, is_fact=True),
    ]


def _summary(asked: BreakdownFilter, total: Sums) -> list[tuple[str, str | Money]]:
    summary: list[tuple[str, str | Money]] = [("Revenue", Money(total.revenue, asked.currency))]
    if asked.basis == "collected":
        summary.append(("Refunded", Money(total.refunded, asked.currency)))
    return summary
