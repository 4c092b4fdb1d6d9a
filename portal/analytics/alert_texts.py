"""What an alert of a practice says: one sentence with its evidence."""

from __future__ import annotations

from decimal import Decimal

from portal.analytics.anomalies import Alert
from portal.analytics.money import exact, readable
from portal.analytics.periods import DateRange
from portal.analytics.practice import Measure

MEASURES: dict[Measure, str] = {
    "compensation": "Calculated pay",
    "paid": "Paid",
    "billed": "Billed",
    "cases": "Cases",
}


def sentence(alert: Alert, currency: str) -> str:
    """Return what was found, when, and what was to be expected, in plain words."""
    when, found = _days(alert.days), exact(alert.found)
    usual = alert.usual or Decimal(0)
    if alert.rule == "drop" and alert.measure == "cases":
        return f"{found} cases {when}, where {exact(usual)} are usual."
    if alert.rule == "drop" and alert.measure:
        name = MEASURES[alert.measure]
        return f"{name} {readable(alert.found, currency)} {when}, where {readable(usual, currency)} is usual."
    if alert.rule == "silent_days":
        days = "day" if alert.found == 1 else "days"
        return f"No case billed {when}: {found} usual working {days}, which mostly have {exact(usual)} cases together."
    if alert.rule == "unpaid_cases":
        cases = "case" if alert.found == 1 else "cases"
        return f"{found} {cases} {when}: {readable(alert.amount or Decimal(0), currency)} billed and nothing paid."
    if alert.rule == "uncalculated_cases":
        return f"Pay of {found} {'case' if alert.found == 1 else 'cases'} {when} cannot be calculated."
    stated, calculated = readable(alert.found, currency), readable(usual, currency)
    difference = readable(alert.amount or Decimal(0), currency)
    return f"The statement of {alert.provider} {when} says {stated}, calculated were {calculated}: {difference}."


def _days(days: DateRange) -> str:
    start, end = (f"{day.day} {day:%b %Y}" for day in (days.start, days.end))
    return f"on {start}" if start == end else f"from {start} to {end}"
