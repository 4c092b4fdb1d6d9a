"""The evidence of a billing audit as files: for the billing company, so without the notes of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import get_args

from sqlalchemy import Connection

from portal.analytics.audit_timeline import MonthOfCases
from portal.analytics.billing_audit import AuditReport, Discrepancy, Fate, MissingCase
from portal.analytics.cases import Ambiguous, BilledCase, LoggedCase, Match
from portal.analytics.money import exact, readable
from portal.analytics.periods import DateRange
from portal.exports.audit_pictures import timeline_picture
from portal.exports.document import Column, Document, Kind, Section, Stamp
from portal.exports.documents import Filters
from portal.queries.definitions import definitions


@dataclass(frozen=True)
class Standing:
    """Until when the claim of a missing case may be filed, and in words what became of a dispute about a case."""

    file_by: date | None = None
    dispute: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What a report is made of; ``standing`` is by the key of the logged case, ``days`` None where no log covers any."""

    report: AuditReport
    days: DateRange | None
    currency: str
    standing: Mapping[str, Standing]


@dataclass(frozen=True)
class Finding:
    """One line of the report; what has no meaning for its section is None."""

    section: str
    finding: str
    provider: str
    case_date: date
    ticket: str | None
    codes: str
    minutes: str | None = None
    billed_date: str | None = None
    billed_ticket: str | None = None
    billed_codes: str | None = None
    expected: Decimal | None = None
    billed: Decimal | None = None
    paid: Decimal | None = None
    score: Decimal | None = None
    file_by: date | None = None
    dispute: str | None = None
    reason: str = ""


_LABELS: dict[str, tuple[str, Kind]] = {
    "section": ("Section", "text"), "finding": ("Finding", "text"), "provider": ("Provider", "text"),
    "case_date": ("Date", "date"), "ticket": ("Ticket", "text"), "codes": ("Codes", "text"), "minutes": ("Minutes", "text"),
    "billed_date": ("Billed for", "text"), "billed_ticket": ("Billed as", "text"), "billed_codes": ("Billed codes", "text"),
    "expected": ("Expected", "money"), "billed": ("Billed", "money"), "paid": ("Paid", "money"),
    "score": ("Score", "rate"), "file_by": ("File by", "date"), "dispute": ("Dispute", "text"), "reason": ("Why", "text"),
}  # fmt: skip
_WEIGHTS = {"finding": 10, "provider": 10, "minutes": 8, "reason": 46}
_EXPECTED = (
    "finding", "provider", "case_date", "ticket", "codes", "minutes", "expected", "score", "file_by", "dispute", "reason",
)  # fmt: skip
_BILLED = ("finding", "provider", "case_date", "ticket", "codes", "billed", "paid", "reason")
_DIFFERENT = (
    "provider",
    "case_date",
    "ticket",
    "codes",
    "billed_ticket",
    "billed_codes",
    "expected",
    "billed",
    "score",
    "dispute",
    "reason",
)


def audit_document(connection: Connection, evidence: Evidence, stamp: Stamp, filters: Filters) -> Document:
    """Return the report: expected cases, billed ones that nobody logged, discrepancies; with scores, deadlines and disputes."""
    report, days, currency = evidence.report, evidence.days, evidence.currency
    expected, billed = list(_expected(report, evidence.standing)), list(_unexpected(report))
    different = [_discrepancy(one, evidence.standing) for one in report.discrepancies]
    found = report.summary
    return Document(
        name=f"billing-audit-{days.start}-{days.end}-{currency.lower()}" if days else f"billing-audit-{currency.lower()}",
        title="Billing audit",
        currency=currency,
        columns=_columns(*(field.name for field in fields(Finding))),
        rows=[*expected, *billed, *different],
        total=len(expected) + len(billed) + len(different),
        stamp=stamp,
        filters=filters,
        summary=[
            (f"Logged ({found.matched:,} billed)", f"{found.logged:,}"),
            (f"Missing, expected {readable(found.missing_income, currency)}", f"{found.missing:,}"),
            (f"Unexpected, billed {readable(found.unexpected_billed, currency)}", f"{found.unexpected:,}"),
            ("Discrepancies", f"{found.discrepancies:,}"),
            ("To decide", f"{found.ambiguous:,}"),
        ],
        notes=[
            "A logged case is billed if charges have its ticket, or nearly its ticket, day and codes; the score says how much of"
            " that is so, 1 being all. What could be paired in several ways is to be decided by a person.",
            "Expected is the median of what the provider's cases of these codes were paid (missing) or billed (discrepancies).",
            "File by is the last day on which the payer takes the claim.",
        ],
        definitions=definitions(connection, ("case_count",)),
        chart=timeline_picture(report, days) if days else None,
        sections=[
            Section("Expected cases", _columns(*_EXPECTED), expected, "What was logged, and whether it was billed."),
            Section("Billed cases", _columns(*_BILLED), billed, "What was billed on logged days, and nobody logged."),
            Section("Discrepancies", _columns(*_DIFFERENT), different, "What was billed otherwise than logged, or than usual."),
        ],
    )  # fmt: skip


def timeline_document(
    name: str, months: Sequence[MonthOfCases], currency: str, stamp: Stamp, filters: Filters
) -> Document:
    """Return what became of the cases of each month."""
    return Document(
        name, "Cases by month", currency,
        columns=(
            Column("month", "Month", "date", attrgetter("month")),
            Column("logged", "Logged", "integer", attrgetter("logged")),
            *(Column(fate.replace(" ", "_"), fate.capitalize(), "integer", _counted(fate)) for fate in get_args(Fate)),
            Column("days_to_post", "Median days to the first charge", "integer", attrgetter("days_to_post"), is_fact=True),
        ),
        rows=months,
        total=len(months),
        stamp=stamp,
        filters=filters,
    )  # fmt: skip


def _counted(fate: Fate) -> Callable[[MonthOfCases], int]:
    return lambda month: month.counts.get(fate, 0)


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, *_LABELS[name], attrgetter(name), weight=_WEIGHTS.get(name)) for name in names)


def _expected(report: AuditReport, standing: Mapping[str, Standing]) -> Iterator[Finding]:
    found = [_missing(one, standing) for one in report.missing]
    found += [_unclear(group, case) for group in report.ambiguous for case in group.logged]
    found += [_matched(one) for one in report.matches]
    order = ("missing", "to decide")
    return iter(sorted(found, key=lambda one: (one.finding not in order, one.finding, one.case_date, one.ticket or "")))


def _missing(one: MissingCase, standing: Mapping[str, Standing]) -> Finding:
    known = standing.get(one.logged.key, Standing())
    why = one.found.reason
    if one.expected:
        why = f"{why}; expected: {one.expected.basis}"
    return _finding(
        "expected_cases", "missing", one.logged, expected=one.expected.amount if one.expected else None, reason=why,
        file_by=known.file_by, dispute=known.dispute,
    )  # fmt: skip


def _unclear(group: Ambiguous, case: LoggedCase) -> Finding:
    tickets = ", ".join(each.ticket for each in group.billed)
    return _finding("expected_cases", "to decide", case, reason=f"{group.reason} ({tickets})")


def _matched(one: Match) -> Finding:
    return _finding("expected_cases", "billed", one.logged, score=one.score, reason=one.reason, **_of_billed(one))


def _discrepancy(one: Discrepancy, standing: Mapping[str, Standing]) -> Finding:
    known = standing.get(one.match.logged.key, Standing())
    why = "; ".join(difference.words for difference in one.differences)
    usual = one.expected.amount if one.expected else None
    more = _of_billed(one.match)
    return _finding(
        "discrepancies", "different", one.match.logged, expected=usual, score=one.match.score, reason=why,
        dispute=known.dispute, **more,
    )  # fmt: skip


def _unexpected(report: AuditReport) -> Iterator[Finding]:
    for case in report.unexpected:
        yield Finding(
            "billed_cases", "not logged", _provider(case), case.case_date, case.ticket, " ".join(case.codes),
            billed=case.billed, paid=case.paid, reason="no logged case of its day and codes or ticket",
        )  # fmt: skip


def _finding(section: str, finding: str, case: LoggedCase, reason: str, **more: Decimal | date | str | None) -> Finding:
    minutes = None if case.minutes is None else exact(case.minutes)
    return Finding(
        section, finding, _provider(case), case.case_date, case.ticket, " ".join(case.codes), minutes, reason=reason,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _of_billed(one: Match) -> dict[str, Decimal | str | None]:
    return {
        "billed_date": " ".join(sorted({case.case_date.isoformat() for case in one.billed})),
        "billed_ticket": " ".join(sorted({case.ticket for case in one.billed})),
        "billed_codes": " ".join(sorted({code for case in one.billed for code in case.codes})),
        "billed": one.billed_amount,
        "paid": one.paid_amount,
    }


def _provider(case: LoggedCase | BilledCase) -> str:
    return case.provider.partition("|")[2]
