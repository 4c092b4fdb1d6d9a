"""When a hospital is busy: weekdays, seasons, growth, and the days on which a department is closed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from scripts.sample_data.group import Department

YEARS = 3
_MONTHS = (112, 104, 108, 101, 98, 92, 82, 86, 103, 110, 104, 88)
_WEEKDAYS = (118, 112, 108, 105, 92, 34, 18)
_HOLIDAYS = {(1, 1), (7, 4), (12, 24), (12, 25), (12, 31)}
_GROWTH_PER_YEAR = 6  # percent


def days_until(end: date) -> list[date]:
    """Return every day of the three years that end with ``end``, oldest first."""
    count = YEARS * 365 + 1
    return [end - timedelta(days=count - 1 - number) for number in range(count)]


def weight(day: date, end: date) -> int:
    """Return how busy ``day`` is, relative to the others."""
    if (day.month, day.day) in _HOLIDAYS:
        return 600
    growth = 10_000 - (end - day).days * _GROWTH_PER_YEAR * 100 // 365
    return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * growth // 10_000


def pick_days(rng: Random, end: date, count: int) -> list[date]:
    """Return ``count`` days of visits in order."""
    days = days_until(end)
    return sorted(rng.choices(days, weights=[weight(day, end) for day in days], k=count))


def is_open(department: Department, day: date, end: date) -> bool:
    """Return whether a department took patients on ``day``."""
    if department.idle is None:
        return True
    first, last = department.idle
    return not last <= (end - day).days <= first


def moment(rng: Random, day: date, offset: str) -> str:
    """Return an instant in office hours of ``day`` in ISO 8601 with its offset from UTC."""
    return f"{day.isoformat()}T{rng.randrange(8, 18):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}{offset}"
