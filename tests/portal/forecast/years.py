"""Three years of a made-up group: seasons and a little noise, the same every time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.analytics.month_series import MonthSeries, closed_months, month_after
from tests.portal import world

INSTANT = datetime(2026, 3, 20, 10, tzinfo=UTC)
BUSINESS_DATE = INSTANT.date()
FIRST = date(2023, 2, 1)
MONTHS = 38  # up to March 2026, which runs
P1, P2, OTHER = (UUID(int=number) for number in (1, 2, 3))
PAID = {P1: (0, 5000), P2: (29, 3000), OTHER: (0, 9000)}  # from which month on, and how much about
_SEASON = (112, 104, 108, 101, 98, 92, 82, 86, 103, 110, 104, 88)


def amount(level: int, step: int, salt: int) -> Decimal:
    """Return what came in month number ``step``: the level, its season, and up to 3 % of noise."""
    noise = (step * 7919 + salt * 104_729) % 61 - 30
    return Decimal(level * _SEASON[(FIRST.month - 1 + step) % 12] * (1000 + noise)) / 100_000


def hospital_months(hospital: str, kind: str) -> dict[date, Decimal]:
    """Return the revenue of a hospital by month."""
    level = {"H1": 80_000, "H2": 40_000}[hospital] * (10 if kind == "billed" else 9) // 10
    salt = len(kind) + int(hospital[1])
    return {month_after(FIRST, step): amount(level, step, salt) for step in range(MONTHS)}


def pay_months(provider: UUID) -> dict[date, Decimal]:
    """Return the calculated compensation of a provider by month."""
    since, level = PAID[provider]
    return {month_after(FIRST, step): amount(level, step, provider.int) for step in range(since, MONTHS)}


def series(months: dict[date, Decimal]) -> MonthSeries:
    """Return what a forecast of them is made of."""
    return closed_months(months, BUSINESS_DATE)


def both(kind: str) -> MonthSeries:
    """Return the revenue of both hospitals together."""
    one, other = hospital_months("H1", kind), hospital_months("H2", kind)
    return series({month: one[month] + other[month] for month in one})


def publish_years(build_id: int = 1) -> None:
    """Publish the group, a running month included."""
    world.publish(build_id, INSTANT)
    fill_years(build_id)


def fill_years(build_id: int) -> None:
    """Fill the marts of a build."""
    days = [
        {
            "hospital_id": hospital, "currency": "USD", "date_key": month.replace(day=5), "total_revenue": collected,
            "payment_count": 1, "refunded_amount": 0, "net_revenue": collected, "invoice_count": 1,
            "billed_amount": hospital_months(hospital, "billed")[month],
        }
        for hospital in world.HOSPITALS
        for month, collected in hospital_months(hospital, "collected").items()
    ]  # fmt: skip
    world.fill("revenue_metrics", days, build_id)
    places: dict[UUID, tuple[str, str]] = {P1: ("H1", "P1"), P2: ("H1", "P2"), OTHER: ("H2", "P1")}
    names: list[dict[str, Any]] = [
        {
            "provider_key": key,
            "hospital_id": hospital,
            "source_name": "main",
            "provider_id": name,
            "name": f"Dr {key.int}",
        }
        for key, (hospital, name) in places.items()
    ]
    world.fill("dim_providers", names, build_id)
    pay = [
        {"hospital_id": places[key][0], "provider_key": key, "month": month, "currency": "USD", "calculated": paid}
        for key in PAID
        for month, paid in pay_months(key).items()
    ]
    world.fill("rpt_compensation_monthly", pay, build_id)
