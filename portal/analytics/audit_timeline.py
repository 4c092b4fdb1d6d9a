"""The billing audit over time: what became of the cases of each month, and how long their charges took. Pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from statistics import median

from portal.analytics.billing_audit import AuditReport, Fate
from portal.analytics.periods import DateRange, first_day, periods


@dataclass(frozen=True)
class MonthOfCases:
    """Cases of a month by what became of them; ``days_to_post`` is the median from case to first charge, None without any."""

    month: date
    counts: dict[Fate, int]
    days_to_post: int | None

    @property
    def logged(self) -> int:
        """Cases that were logged."""
        return sum(count for fate, count in self.counts.items() if fate != "unexpected")


def timeline(report: AuditReport, days: DateRange) -> tuple[MonthOfCases, ...]:
    """Return every month of ``days``, empty ones too. A case is of the day of its log, an unexpected one of its own."""
    counts: dict[date, Counter[Fate]] = {step.start: Counter() for step in periods(days, "month", days.end)}
    waits: dict[date, list[int]] = {month: [] for month in counts}
    for logged, fate in report.logged:
        counts.setdefault(_month(logged.case_date), Counter())[fate] += 1
    for unexpected in report.unexpected:
        counts[_month(unexpected.case_date)]["unexpected"] += 1
    for match in report.matches:
        waits[_month(match.logged.case_date)] += [
            (part.first_posted_date - part.case_date).days for part in match.billed if part.first_posted_date
        ]
    return tuple(
        MonthOfCases(month, dict(found), round(median(waits[month])) if waits.get(month) else None)
        for month, found in sorted(counts.items())
    )


def _month(day: date) -> date:
    return first_day(day, "month")
