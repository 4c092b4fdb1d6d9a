"""Closed months and what changed them since, credits by kind and by age, and a roll-forward for each hospital."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.exports import roll_forward_links
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
from portal.queries.accounting import Movement
from portal.queries.closes import ClosedFigure, LateChange
from portal.queries.credits import CreditReport
from portal.queries.definitions import definitions
from portal.queries.figures.behind import Behind
from portal.queries.scope import Hospital

_MOVED = ("billed", "collected", "refunded", "adjusted", "written_off", "recovered")
_BALANCES = ("opening", *_MOVED, "closing")
_CLOSED_BALANCES = {"receivables_closing": "receivables", "credits_closing": "credits"}


@dataclass(frozen=True)
class HospitalMovement:
    """What became of one hospital's receivables over several months: the first opening, the sums, the last closing."""

    hospital: Hospital
    days: DateRange
    months: Sequence[Movement]

    def amount(self, name: str) -> Decimal:
        """Return one figure of it."""
        if name == "opening":
            return self.months[0].opening
        if name == "closing":
            return self.months[-1].closing
        return sum((getattr(month, name) for month in self.months), Decimal(0))


def hospitals_document(
    connection: Connection, lines: Sequence[HospitalMovement], currency: str, stamp: Stamp, filters: Filters
) -> Document:
    """Return the roll-forward of all months together, a line for each hospital."""
    return Document(
        f"roll-forward-hospitals-{currency.lower()}", "Roll-forward by hospital", currency,
        columns=(
            Column("hospital_id", "Hospital", "text", lambda line: line.hospital.name),
            *(
                Column(name, name.replace("_", " ").capitalize(), "money", _amount(name), behind=_of_hospital(name, stamp))
                for name in _BALANCES
            ),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        notes=["Whole months, as in the table above."],
        definitions=definitions(connection, ("opening_balance", "closing_balance")),
    )  # fmt: skip


def credit_sums_document(
    connection: Connection, report: CreditReport, by: str, stamp: Stamp, filters: Filters
) -> Document:
    """Return open credits by ``kind`` or by ``bucket`` (their age in days)."""
    sums = list((report.kinds if by == "kind" else report.buckets).items())
    title, label = ("Open credits by kind", "Kind") if by == "kind" else ("Open credits by age", "Days")
    days = {"startDate": report.days.start, "endDate": report.days.end}
    return Document(
        f"credits-by-{by}-{report.currency.lower()}", title, report.currency,
        columns=(
            Column(by, label, "text", lambda line: line[0]),
            Column(
                "amount", "Amount", "money", lambda line: line[1].amount,
                behind=lambda line: Behind("open-credits", days | {by: line[0]}),
            ),
            Column("count", "Credits", "integer", lambda line: line[1].count,
                behind=lambda line: Behind("open-credits-count", days | {by: line[0]}),
            ),
        ),
        rows=sums,
        total=len(sums),
        stamp=stamp,
        filters=filters,
        definitions=definitions(connection, ("open_credits", "credit_age")),
    )  # fmt: skip


def closed_document(
    connection: Connection,
    lines: Sequence[ClosedFigure],
    days: DateRange,
    currency: str,
    stamp: Stamp,
    filters: Filters,
) -> Document:
    """Return the figures of closed months: as issued, as known today, and the difference."""
    return Document(
        f"closed-months-{days.start}-{days.end}-{currency.lower()}", "Closed months", currency,
        columns=(
            Column("month", "Month", "date", attrgetter("month")),
            Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
            Column("figure", "Figure", "text", lambda line: closed_label(line.figure)),
            Column("issued", "As issued", "money", attrgetter("issued"), behind=_of_close("closed-issued")),
            Column("today", "Known today", "money", attrgetter("current"), behind=_today(stamp)),
            Column("difference", "Difference", "money", attrgetter("difference"), behind=_of_close("closed-difference")),
            Column("closed_at", "Closed", "date", lambda line: line.closed_at.date()),
            Column("closed_by", "By", "text", attrgetter("closed_by")),
            Column("build_id", "Build", "text", lambda line: str(line.build_id)),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        notes=["What was issued never changes. The difference is what the list of changes adds up to."],
        definitions=definitions(connection, ("issued_amount", "difference_since_close")),
    )  # fmt: skip


def changes_document(
    connection: Connection, lines: Sequence[LateChange], days: DateRange, currency: str, stamp: Stamp, filters: Filters
) -> Document:
    """Return what changed closed months after they were issued."""
    return Document(
        f"changes-after-close-{days.start}-{days.end}-{currency.lower()}", "Changes after the close", currency,
        columns=(
            Column("month", "Month", "date", attrgetter("month")),
            Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
            Column("figure", "Figure", "text", lambda line: closed_label(line.figure)),
            Column("kind", "Kind", "text", lambda line: (line.event_type or line.kind).replace("_", " ")),
            Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
            Column("effective_date", "Counts on", "date", attrgetter("effective_date")),
            Column("booked_date", "Known since", "date", attrgetter("booked_date")),
            Column("amount", "Changes the balance by", "money", attrgetter("amount")),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        definitions=definitions(connection, ("difference_since_close",)),
    )  # fmt: skip


def closed_label(figure: str) -> str:
    """Return a figure of a close in words."""
    if figure.startswith("aging_"):
        age = figure.removeprefix("aging_").replace("_plus", "+")
        return "Not due" if age == "not_due" else f"{age.replace('_', '–')} days"
    return figure.removesuffix("_closing").replace("_", " ").capitalize()


def _amount(name: str) -> Callable[[HospitalMovement], Decimal]:
    return lambda line: line.amount(name)


def _of_hospital(name: str, stamp: Stamp) -> Callable[[HospitalMovement], Behind]:
    return lambda line: roll_forward_links.behind(name, line.days, stamp, line.hospital.hospital_id)


def _of_close(figure: str) -> Callable[[ClosedFigure], Behind]:
    return lambda line: Behind(
        figure, {"closeId": line.close_id, "closedFigure": line.figure, "hospitalId": line.hospital_id}
    )


def _today(stamp: Stamp) -> Callable[[ClosedFigure], Behind]:
    def behind(line: ClosedFigure) -> Behind:
        days = DateRange(line.month, line.month).whole_months
        if line.figure.startswith("aging_"):
            bucket = line.figure.removeprefix("aging_").replace("_plus", "+")
            of = {"bucket": bucket if bucket == "not_due" else bucket.replace("_", "-")}
            return Behind("receivables", {"asOfDate": days.end, "hospitalId": line.hospital_id} | of)
        figure = _CLOSED_BALANCES.get(line.figure, line.figure)
        return roll_forward_links.behind(figure, days, stamp, line.hospital_id)

    return behind
