"""What can explain that a statement says something else than was calculated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Cause = Literal["bonus", "posted_later", "one_case", "uncalculated", "rest"]
CAUSES: dict[Cause, str] = {
    "bonus": "Bonus: it is in the stated gross, and in no calculation",
    "posted_later": "Cases of the month that were posted after its end: a later statement may have them",
    "one_case": "The rest is to the cent the pay of this case: probably missing from the statement",
    "uncalculated": "Cases without calculated pay, which the statement may contain",
    "rest": "Left to explain",
}


@dataclass(frozen=True)
class PaidCase:
    """A case of the month: its calculated pay, None if there is none, and the day it was first posted, None if unknown."""

    ticket_number: str
    case_date: date
    amount: Decimal | None
    posted_on: date | None


@dataclass(frozen=True)
class Explanation:
    """One thing that can explain a difference, with its part of it in the sign of the difference; None if it has no amount."""

    cause: Cause
    amount: Decimal | None
    case_count: int = 0
    ticket_number: str | None = None


def explain(difference: Decimal, bonus: Decimal, month_end: date, cases: Sequence[PaidCase]) -> list[Explanation]:
    """Return what can explain ``difference`` (stated gross − calculated); nothing where there is none.

    The bonus and what is left without it always add up to the difference. Late cases, one case of just that pay and cases that
    cannot be calculated are hints beside it: which of them holds, only the billing company can say.

    Args:
        difference: of one provider's month.
        bonus: on the statement.
        month_end: last day of the month.
        cases: of the month.
    """
    return list(_explanations(difference, bonus, month_end, cases)) if difference else []


def _explanations(
    difference: Decimal, bonus: Decimal, month_end: date, cases: Sequence[PaidCase]
) -> Iterator[Explanation]:
    rest = difference - bonus
    if bonus:
        yield Explanation("bonus", bonus)
    if rest:
        yield Explanation("rest", rest)
    late = [case for case in cases if case.amount and case.posted_on and case.posted_on > month_end]
    if rest < 0 and late:
        yield Explanation("posted_later", -sum((case.amount or Decimal(0) for case in late), Decimal(0)), len(late))
    if rest < 0:
        for case in cases:
            if case.amount == -rest:
                yield Explanation("one_case", rest, 1, case.ticket_number)
    missing = sum(1 for case in cases if case.amount is None)
    if rest > 0 and missing:
        yield Explanation("uncalculated", None, missing)
