"""The spans of days that people ask for by name."""

from __future__ import annotations

from datetime import date

from portal.analytics.periods import DateRange, months_before, months_from


def presets(business_date: date) -> list[tuple[str, DateRange]]:
    """Return name and days of each, as seen from ``business_date``; what still runs ends on that day."""
    month = DateRange(business_date.replace(day=1), business_date)
    first = month.start.replace(month=(business_date.month - 1) // 3 * 3 + 1)
    quarter = DateRange(first, business_date)
    whole_quarter = DateRange(first, months_from(first, 2)).whole_months
    year = DateRange(date(business_date.year, 1, 1), business_date)
    return [
        ("This month", month),
        ("Last month", months_before(month.whole_months, 1)),
        ("This quarter", quarter),
        ("Last quarter", months_before(whole_quarter, 3)),
        ("Year to date", year),
        ("Last year", DateRange(date(business_date.year - 1, 1, 1), date(business_date.year - 1, 12, 31))),
    ]
