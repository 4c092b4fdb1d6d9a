"""What the sample group's providers earn: plans with a raise, the pay of each case, and statements that mostly agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from scripts.sample_data import calendar, group, procedures
from scripts.sample_data.money import share, text
from scripts.sample_data.procedures import PROCEDURES, Procedure
from scripts.sample_data.tables import Tables

_RAISE_DAYS_AGO = 300


@dataclass(frozen=True)
class Plan:
    """A plan from a day on; ``factor`` in cents for a unit, ``share`` in percent."""

    valid_from: date
    factor: int
    share: int
    minutes_per_unit: int


@dataclass
class Payroll:
    """Plans by provider, and what the cases of each provider and month came to, in cents."""

    end: date
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    hospitals: dict[str, str] = field(default_factory=dict)
    earned: Counter[tuple[str, date]] = field(default_factory=Counter)

    def add_case(self, provider: str, day: date, codes: list[Procedure], minutes: int | None, modifiers: str) -> None:
        """Add what a case earns its provider; nothing if it cannot be calculated."""
        plan = next((plan for plan in reversed(self.plans.get(provider, [])) if plan.valid_from <= day), None)
        units = [self._base_units(code, day) for code in codes]
        known = [unit for unit in units if unit is not None]
        month = day.replace(day=1)
        self.earned[provider, month] += 0
        if plan is None or minutes is None or not known:
            return
        time = (Decimal(minutes) / plan.minutes_per_unit).quantize(Decimal("0.1"), ROUND_HALF_UP)
        total = max(known) + time + sum(procedures.TERMS.get(code, 0) for code in modifiers.split(","))
        half = 2 if procedures.HALVED in modifiers.split(",") else 1
        cents = total * plan.factor * plan.share / 100 / half
        self.earned[provider, month] += int(cents.quantize(Decimal(1), ROUND_HALF_UP))

    def _base_units(self, code: Procedure, day: date) -> int | None:
        is_former = day < self.end - timedelta(days=procedures.REVALUED_DAYS_AGO)
        return procedures.FORMER_UNITS if code.code == procedures.REVALUED and is_former else code.base_units


def add_units(tables: Tables, end: date) -> None:
    """Add the units of every procedure that has some."""
    since = end - timedelta(days=procedures.REVALUED_DAYS_AGO)
    for procedure in (one for several in PROCEDURES.values() for one in several):
        if procedure.base_units is None:
            continue
        is_revalued = procedure.code == procedures.REVALUED
        if is_revalued:
            until = since - timedelta(days=1)
            tables.add(
                "procedure_units",
                cpt_code=procedure.code,
                base_units=str(procedures.FORMER_UNITS),
                valid_to=until.isoformat(),
            )
        tables.add(
            "procedure_units", cpt_code=procedure.code, base_units=str(procedure.base_units),
            valid_from=since.isoformat() if is_revalued else "",
        )  # fmt: skip


def add_plans(tables: Tables, rng: Random, providers: dict[str, list[str]], end: date) -> Payroll:
    """Give every provider but the newest a plan, and a better one later."""
    payroll = Payroll(end)
    for department in group.DEPARTMENTS:
        for provider in providers[department.department_id]:
            payroll.hospitals[provider] = department.hospital_id
            payroll.plans[provider] = _plans(rng, department, end)
    newest = max(payroll.plans)
    payroll.plans[newest] = []
    for provider, plans in payroll.plans.items():
        for plan in plans:
            tables.add(
                "compensation_plans", provider_id=provider, hospital_id=payroll.hospitals[provider],
                valid_from=plan.valid_from.isoformat(), conversion_factor=text(plan.factor),
                minutes_per_unit=str(plan.minutes_per_unit), share_percent=str(plan.share),
                modifiers=procedures.PLAN_MODIFIERS,
            )  # fmt: skip
    return payroll


def _plans(rng: Random, department: group.Department, end: date) -> list[Plan]:
    start = calendar.days_until(end)[0].replace(month=1, day=1)
    factor = rng.randrange(1_800, 3_200)
    part = rng.choice((60, 70, 80, 100))
    minutes = 10 if department.code == "EMER" else 15
    better = end - timedelta(days=_RAISE_DAYS_AGO)
    return [Plan(start, factor, part, minutes), Plan(better, share(factor, 10_400), part, minutes)]


def add_statements(tables: Tables, rng: Random, payroll: Payroll) -> None:
    """Add the statements of the months that are over: nine in ten say what the cases come to."""
    this_month = payroll.end.replace(day=1)
    for (provider, month), earned in sorted(payroll.earned.items()):
        way = rng.randrange(100)
        if month >= this_month or way < 2:
            continue
        bonus = 0
        gross = earned
        if way < 5:  # a case was forgotten
            gross -= share(earned, rng.randrange(200, 1_200))
        elif way < 7:
            gross += share(earned, 250)
        elif way < 10:
            bonus = rng.randrange(20, 100) * 500
            gross += bonus
        _statement(tables, payroll, provider, month, gross, bonus)
    # Paid leave: a month with a statement and no case.
    for provider in sorted(payroll.plans)[:2]:
        before = (calendar.days_until(payroll.end)[0].replace(day=1) - timedelta(days=1)).replace(day=1)
        _statement(tables, payroll, provider, before, 250_000, 0)


def _statement(tables: Tables, payroll: Payroll, provider: str, month: date, gross: int, bonus: int) -> None:
    tables.add(
        "compensation_statements", statement_id=tables.number("ST"), hospital_id=payroll.hospitals[provider],
        provider_id=provider, month=month.isoformat(), gross_pay=text(gross), commission="0.00", bonus=text(bonus),
        deductions=text(share(gross, 650)),
    )  # fmt: skip
