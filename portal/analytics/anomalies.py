"""Alerts of a practice: what fell unusually, and days and cases that billing probably lacks. Each says the rule that fired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Literal

from portal.analytics.periods import DateRange, last_whole_month, month_to_date, months_before
from portal.analytics.practice import Measure, PracticeDay, total

Rule = Literal["drop", "silent_days", "unpaid_cases", "uncalculated_cases", "statement_difference"]
RULES: dict[Rule, str] = {
    "drop": "More than 25 % below the median of the 12 months before (of a running month: of as many days of each), and "
    "further below it than the months usually are (twice the scaled median of their distances from it)",
    "silent_days": "No case on a day of the week that had cases in at least 4 of 5 of the 26 weeks before, later than "
    "usual posting takes",
    "unpaid_cases": "Billed 90 to 365 days ago and nothing paid since",
    "uncalculated_cases": "Pay cannot be calculated: no plan, base units or minutes",
    "statement_difference": "A month's statement differs from what was calculated by more than 10 %",
}
_DROP, _SPREADS, _TO_SIGMA = Decimal("0.75"), 2, Decimal("1.4826")
_LEAST_MONTHS, _LEAST_CASES, _LEAST_DAYS = 6, 5, 10
_WEEKS, _USUAL_WEEKS, _LOOKED_AT = 26, 21, 60
_LEAST_DIFFERENCE = Decimal("0.10")


@dataclass(frozen=True)
class Alert:
    """Something to look at: the days it is about and the figures that made its rule fire.

    Attributes:
        measure: what fell; None for rules about cases.
        found: what there is: an amount, or a number of cases or days.
        usual: what was to be expected; None where the rule has no such figure.
        amount: money that it is about, if that is not what was found.
        provider: name of the one provider that it is about.
    """

    rule: Rule
    days: DateRange
    found: Decimal
    usual: Decimal | None = None
    measure: Measure | None = None
    amount: Decimal | None = None
    provider: str | None = None


def drops(days: Sequence[PracticeDay], measures: Sequence[Measure], business_date: date) -> Iterator[Alert]:
    """Yield the last whole month and the running one where they fell; a month without enough months before is not judged.

    Args:
        days: in order; days without work may be missing.
        measures: which figures.
        business_date: the running month is judged by its days so far, from the tenth on.
    """
    running = month_to_date(business_date)
    months = [last_whole_month(business_date)]
    if not running.is_whole_months and running.days >= _LEAST_DAYS:
        months.append(running)
    for month in months:
        former = _history(days, month)
        if len(former) < _LEAST_MONTHS or median(total(days, each).case_count for each in former) < _LEAST_CASES:
            continue
        for measure in measures:
            found, usual = _judge(measure, days, month, former)
            if found is not None:
                yield Alert("drop", month, found, usual, measure)


def silent_days(days: Sequence[PracticeDay], business_date: date, posting_days: int) -> Iterator[Alert]:
    """Yield stretches of usual working days without a case; ``found`` is their number, ``usual`` the cases they mostly have.

    Args:
        days: in order; days without work may be missing.
        business_date: the last 60 days that billing has had ``posting_days`` for are looked at.
        posting_days: days that billing takes to post a case.
    """
    worked = {day.day: day.case_count for day in days if day.case_count}
    if not worked:
        return
    last = business_date - timedelta(days=posting_days)
    looked_at = [last - timedelta(days=back) for back in range(_LOOKED_AT - 1, -1, -1)]
    expected = {day: cases for day in looked_at if (cases := _usual_cases(worked, day)) is not None}
    # A stretch goes on over days on which there is usually no work: a weekend does not end a week away.
    for silent, stretch in groupby(expected, key=lambda day: day not in worked):
        if silent:
            found = list(stretch)
            usual = sum((expected[day] for day in found), Decimal(0))
            yield Alert("silent_days", DateRange(found[0], found[-1]), Decimal(len(found)), usual)


def statement_difference(provider: str, days: DateRange, calculated: Decimal, stated: Decimal) -> Iterator[Alert]:
    """Yield an alert if a provider's statement of some days is further than 10 % from what was calculated."""
    if abs(stated - calculated) > abs(calculated) * _LEAST_DIFFERENCE:
        yield Alert("statement_difference", days, stated, calculated, "compensation", stated - calculated, provider)


def _history(days: Sequence[PracticeDay], month: DateRange) -> list[DateRange]:
    if not days:
        return []
    former = [months_before(month, back) for back in range(1, 13)]
    return [each for each in former if each.start >= days[0].day.replace(day=1)]


def _judge(
    measure: Measure, days: Sequence[PracticeDay], month: DateRange, former: Sequence[DateRange]
) -> tuple[Decimal | None, Decimal]:
    found = total(days, month).amount(measure)
    values = [total(days, each).amount(measure) for each in former]
    usual = median(values)
    spread = _TO_SIGMA * median(abs(value - usual) for value in values)
    fell = usual > 0 and found < usual * _DROP and found < usual - _SPREADS * spread
    return (found if fell else None), usual


def _usual_cases(worked: dict[date, int], day: date) -> Decimal | None:
    before = [worked.get(day - timedelta(weeks=back), 0) for back in range(1, _WEEKS + 1)]
    return Decimal(median(before)) if sum(1 for cases in before if cases) >= _USUAL_WEEKS else None
