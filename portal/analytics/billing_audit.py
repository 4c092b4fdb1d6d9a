"""The billing audit: what of a case log was billed, what not, what differs, and what it is worth. Pure functions.

``compare_case_logs`` pairs, ``find_missing_cases`` values what was not billed, ``detect_discrepancies`` says what differs, and
``generate_audit_report`` puts all of it together for some days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from portal.analytics.case_history import Expected, History, code_set
from portal.analytics.cases import Ambiguous, Audited, BilledCase, LoggedCase, Match, Matching, Missing
from portal.analytics.matching import match
from portal.analytics.money import exact
from portal.analytics.periods import DateRange

THRESHOLD = Decimal("0.10")
"""Share by which an amount or a time may differ before it is a discrepancy."""

What = Literal["amount", "codes", "date", "minutes"]
Fate = Literal["as logged", "different", "to decide", "missing", "unexpected"]
"""What became of a case."""


@dataclass(frozen=True)
class Difference:
    """One thing in which a billed case is not what was logged, or not what is usual."""

    what: What
    words: str


@dataclass(frozen=True)
class Discrepancy:
    """A matched case with what differs; ``expected`` is what is usually billed for it, where that can be said."""

    match: Match
    differences: tuple[Difference, ...]
    expected: Expected | None

    @property
    def amount_difference(self) -> Decimal | None:
        """Billed less usual."""
        return None if self.expected is None else self.match.billed_amount - self.expected.amount


@dataclass(frozen=True)
class MissingCase:
    """A case that was not billed, with the income it would usually bring; None without any paid case to go by."""

    found: Missing
    expected: Expected | None

    @property
    def logged(self) -> LoggedCase:
        """The case."""
        return self.found.logged


@dataclass(frozen=True)
class Summary:
    """Expected against actual. Amounts are in the currency of the cases."""

    logged: int
    billed: int
    matched: int
    verified: int
    missing: int
    unexpected: int
    ambiguous: int
    discrepancies: int
    missing_income: Decimal
    missing_without_income: int
    unexpected_billed: Decimal
    billed_amount: Decimal
    paid_amount: Decimal
    unpaid: int
    unpaid_billed: Decimal


@dataclass(frozen=True)
class AuditReport:
    """Everything about some days. ``unpaid`` are the billed cases, whatever else is said of them, for which nothing came."""

    matches: tuple[Match, ...]
    missing: tuple[MissingCase, ...]
    unexpected: tuple[BilledCase, ...]
    discrepancies: tuple[Discrepancy, ...]
    ambiguous: tuple[Ambiguous, ...]
    unpaid: tuple[BilledCase, ...]
    summary: Summary

    @property
    def logged(self) -> tuple[tuple[LoggedCase, Fate], ...]:
        """Every logged case with what became of it: those that ``summary.logged`` counts."""
        return (
            *((one.logged, self._fate(one)) for one in self.matches),
            *((one.logged, "missing") for one in self.missing),
            *((case, "to decide") for group in self.ambiguous for case in group.logged),
        )

    @property
    def billed(self) -> tuple[tuple[BilledCase, Fate], ...]:
        """Every billed case likewise: those that ``summary.billed`` counts and ``summary.billed_amount`` adds up."""
        return (
            *((case, self._fate(one)) for one in self.matches for case in one.billed),
            *((case, "to decide") for group in self.ambiguous for case in group.billed),
            *((case, "unexpected") for case in self.unexpected),
        )

    def _fate(self, match: Match) -> Fate:
        return "different" if match.logged.key in self._different else "as logged"

    @cached_property
    def _different(self) -> frozenset[str]:
        return frozenset(one.match.logged.key for one in self.discrepancies)


def compare_case_logs(audited: Audited) -> Matching:
    """Return every logged and billed case as matched, missing, unexpected, or unclear."""
    return match(audited)


def find_missing_cases(matching: Matching, history: History) -> tuple[MissingCase, ...]:
    """Return what was logged and not billed, with the income that it would usually bring."""
    return tuple(
        MissingCase(one, history.calculate_expected_income(one.logged.provider, code_set(one.logged.codes)))
        for one in matching.missing
    )


def detect_discrepancies(
    matches: Sequence[Match], history: History, threshold: Decimal = THRESHOLD
) -> tuple[Discrepancy, ...]:
    """Return the matches whose codes, day or minutes are not as logged, or whose amount is not the usual one.

    Args:
        matches: what to look at.
        history: what is usually billed. Where amounts for the same codes vary by more than the threshold anyway, an amount says
            nothing, and is left alone.
        threshold: share by which an amount or a time may differ.
    """
    found = []
    for one in matches:
        codes = code_set(one.logged.codes or _billed_codes(one))
        expected = history.usually_billed(one.logged.provider, codes, threshold)
        differences = tuple(_differences(one, expected, threshold))
        if differences:
            found.append(Discrepancy(one, differences, expected))
    return tuple(found)


def generate_audit_report(
    matching: Matching, history: History, days: DateRange | None = None, threshold: Decimal = THRESHOLD
) -> AuditReport:
    """Return the audit of the cases of ``days``; None is all of them. A pair is of the day on which it was logged."""
    shown = _within(matching, days)
    missing = find_missing_cases(shown, history)
    discrepancies = detect_discrepancies(shown.matches, history, threshold)
    unpaid = tuple(
        sorted(
            (case for case in _counted(shown) if case.billed > 0 >= case.paid),
            key=lambda case: (case.case_date, case.key),
        )
    )
    return AuditReport(
        shown.matches, missing, shown.unexpected, discrepancies, shown.ambiguous, unpaid,
        _summary(shown, missing, len(discrepancies), unpaid),
    )  # fmt: skip


def _counted(shown: Matching) -> list[BilledCase]:
    parts = [part for one in shown.matches for part in one.billed]
    return [*parts, *(case for group in shown.ambiguous for case in group.billed), *shown.unexpected]


def _within(matching: Matching, days: DateRange | None) -> Matching:
    if days is None:
        return matching

    def holds(day: date) -> bool:
        return days.start <= day <= days.end

    return Matching(
        matches=tuple(one for one in matching.matches if holds(one.logged.case_date)),
        missing=tuple(one for one in matching.missing if holds(one.logged.case_date)),
        unexpected=tuple(case for case in matching.unexpected if holds(case.case_date)),
        ambiguous=tuple(group for group in matching.ambiguous if holds(group.logged[0].case_date)),
        reversed=tuple(case for case in matching.reversed if holds(case.case_date)),
        outside=tuple(case for case in matching.outside if holds(case.case_date)),
    )


def _summary(
    shown: Matching, missing: Sequence[MissingCase], discrepancies: int, unpaid: Sequence[BilledCase]
) -> Summary:
    unclear_logged = sum(len(group.logged) for group in shown.ambiguous)
    counted = _counted(shown)
    return Summary(
        logged=len(shown.matches) + len(missing) + unclear_logged,
        billed=len(counted),
        matched=len(shown.matches),
        verified=sum(1 for one in shown.matches if one.kind != "likely"),
        missing=len(missing),
        unexpected=len(shown.unexpected),
        ambiguous=unclear_logged,
        discrepancies=discrepancies,
        missing_income=sum((one.expected.amount for one in missing if one.expected), Decimal(0)),
        missing_without_income=sum(1 for one in missing if one.expected is None),
        unexpected_billed=sum((case.billed for case in shown.unexpected), Decimal(0)),
        billed_amount=sum((case.billed for case in counted), Decimal(0)),
        paid_amount=sum((case.paid for case in counted), Decimal(0)),
        unpaid=len(unpaid),
        unpaid_billed=sum((case.billed for case in unpaid), Decimal(0)),
    )


def _differences(one: Match, expected: Expected | None, threshold: Decimal) -> list[Difference]:
    found: list[Difference] = []
    billed = one.billed_amount
    if expected is not None and abs(billed - expected.amount) > threshold * expected.amount:
        share = (billed - expected.amount) * 100 / expected.amount
        side = "above" if share > 0 else "below"
        found.append(Difference("amount", f"billed {abs(share):.0f} % {side} the usual ({expected.basis})"))
    logged_codes, billed_codes = code_set(one.logged.codes), code_set(_billed_codes(one))
    if logged_codes and logged_codes != billed_codes:
        found.append(Difference("codes", _codes_words(logged_codes, billed_codes)))
    days = [case.case_date for case in one.billed if case.case_date != one.logged.case_date]
    if days:
        found.append(Difference("date", f"billed for {', '.join(day.isoformat() for day in sorted(set(days)))}"))
    minutes = max((case.minutes for case in one.billed if case.minutes is not None), default=None)
    if (
        minutes is not None
        and one.logged.minutes
        and abs(minutes - one.logged.minutes) > threshold * one.logged.minutes
    ):
        found.append(Difference("minutes", f"{exact(one.logged.minutes)} minutes logged, {exact(minutes)} billed"))
    return found


def _codes_words(logged: frozenset[str], billed: frozenset[str]) -> str:
    words = []
    if lacking := logged - billed:
        words.append(f"not billed: {' '.join(sorted(lacking))}")
    if more := billed - logged:
        words.append(f"not logged: {' '.join(sorted(more))}")
    return "; ".join(words)


def _billed_codes(one: Match) -> tuple[str, ...]:
    return tuple(code for case in one.billed for code in case.codes)
