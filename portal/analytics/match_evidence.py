"""How much speaks for a logged and a billed case being one: ticket, date, codes and minutes, as a score and in words.

No patient is among the evidence: charges carry none. Scores are floats: they weigh evidence, no money.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from rapidfuzz.distance import OSA

from portal.analytics.cases import BilledCase, LoggedCase
from portal.analytics.money import exact

_WEIGHTS = {"ticket": 0.55, "date": 0.22, "codes": 0.18, "minutes": 0.05}
_WITHOUT_TICKET = 0.8  # the most that a pair can have where one side has no ticket
_FAR = 31  # days from which a date speaks against the same ticket, too: tickets are used again
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_NUMBER_WORDS = {1: "one character", 2: "two characters"}


@dataclass(frozen=True)
class Evidence:
    """What is compared of a case, prepared once."""

    day: date
    ticket: str
    codes: frozenset[str]
    minutes: Decimal | None

    @cached_property
    def bare(self) -> str:
        """The ticket without leading zeros of its numbers."""
        return _LEADING_ZEROS.sub("", self.ticket)


def normal_ticket(ticket: str | None) -> str:
    """Return the letters and digits of ``ticket``, in capitals; empty where there are none."""
    text = unicodedata.normalize("NFKC", ticket or "").upper()
    return "".join(character for character in text if character.isalnum())


def evidence(case: LoggedCase | BilledCase) -> Evidence:
    """Return what is compared of ``case``."""
    codes = frozenset(code.strip().upper() for code in case.codes if code.strip())
    return Evidence(case.case_date, normal_ticket(case.ticket), codes, case.minutes)


def joined(parts: Sequence[Evidence], day: date, ticket: str) -> Evidence:
    """Return several billed cases as if they were one: their codes, their longest time, the nearest day and ticket."""
    minutes = [part.minutes for part in parts if part.minutes is not None]
    nearest = min((part.day for part in parts), key=lambda one: (abs((one - day).days), one))
    best = max((part.ticket for part in parts), key=lambda one: (ticket_value(ticket, one) or 0.0, one))
    return Evidence(nearest, best, frozenset().union(*(part.codes for part in parts)), max(minutes, default=None))


def score(logged: Evidence, billed: Evidence) -> float:
    """Return how much speaks for the two being one case, 0 to 1."""
    ticket = ticket_value(logged.ticket, billed.ticket)
    found = {
        "ticket": ticket,
        "date": _date_value(logged.day, billed.day),
        "codes": _codes_value(logged.codes, billed.codes),
        "minutes": _minutes_value(logged.minutes, billed.minutes),
    }
    known = {name: value for name, value in found.items() if value is not None}
    share = sum(_WEIGHTS[name] * value for name, value in known.items()) / sum(_WEIGHTS[name] for name in known)
    return max(0.0, share if ticket is not None else share * _WITHOUT_TICKET)


def ticket_value(logged: str, billed: str) -> float | None:
    """Return how alike two normalised tickets are, 0 to 1; None where one is missing."""
    if not logged or not billed:
        return None
    if logged == billed:
        return 1.0
    if _LEADING_ZEROS.sub("", logged) == _LEADING_ZEROS.sub("", billed):
        return 0.9
    length = max(len(logged), len(billed))
    edits = OSA.distance(logged, billed, score_cutoff=2)
    if edits == 1:
        return 0.8 if length >= 6 else 0.6 if length >= 4 else 0.0
    return 0.45 if edits == 2 and length >= 7 else 0.0


def reason(logged: Evidence, billed: Evidence) -> str:
    """Return in words what speaks for and against the two being one case."""
    words = [_ticket_words(logged, billed), _date_words(logged.day, billed.day)]
    words.append(_codes_words(logged.codes, billed.codes))
    if logged.minutes is not None and billed.minutes is not None and logged.minutes != billed.minutes:
        words.append(f"{exact(logged.minutes)} minutes logged, {exact(billed.minutes)} billed")
    return ", ".join(word for word in words if word)


def is_swapped(first: date, second: date) -> bool:
    """Return whether one date is the other with day and month exchanged."""
    return first != second and (first.year, first.month, first.day) == (second.year, second.day, second.month)


def _date_value(logged: date, billed: date) -> float:
    apart = abs((logged - billed).days)
    if apart <= 3:
        return 1 - 0.15 * apart
    if is_swapped(logged, billed):
        return 0.5
    return 0.3 if apart <= 7 else 0.0 if apart <= _FAR else -0.3


def _codes_value(logged: frozenset[str], billed: frozenset[str]) -> float | None:
    if not logged or not billed:
        return None
    alike = len(logged & billed) / len(logged | billed)
    return 0.5 + alike / 2 if logged <= billed or billed <= logged else alike


def _minutes_value(logged: Decimal | None, billed: Decimal | None) -> float | None:
    if logged is None or billed is None or logged <= 0 or billed <= 0:
        return None
    return float(min(logged, billed) / max(logged, billed))


def _ticket_words(logged: Evidence, billed: Evidence) -> str:
    if not logged.ticket:
        return "no ticket logged"
    if logged.ticket == billed.ticket:
        return "same ticket"
    if logged.bare == billed.bare:
        return "same ticket but for leading zeros"
    if not ticket_value(logged.ticket, billed.ticket):
        return "another ticket"
    return f"ticket differs in {_NUMBER_WORDS[OSA.distance(logged.ticket, billed.ticket)]}"


def _date_words(logged: date, billed: date) -> str:
    apart = (billed - logged).days
    if apart == 0:
        return "same day"
    if is_swapped(logged, billed):
        return "day and month exchanged"
    return f"billed {abs(apart)} day{'s' if abs(apart) > 1 else ''} {'later' if apart > 0 else 'earlier'}"


def _codes_words(logged: frozenset[str], billed: frozenset[str]) -> str:
    if not logged:
        return "no codes logged"
    if logged == billed:
        return "same codes"
    return f"codes {listed(logged)} logged, {listed(billed)} billed"


def listed(codes: frozenset[str]) -> str:
    """Return codes in order, for people."""
    return " ".join(sorted(codes)) or "none"
