"""Work of providers: cases, how long they took, and of which procedures they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from portal.analytics.periods import DateRange, Period, periods
from portal.analytics.practice import Work, added
from portal.queries.providers import OF_PROVIDERS
from portal.queries.sql import rows

_SUMS = """
    sum(work.case_count)::bigint as case_count, sum(work.reversed_case_count)::bigint as reversed_case_count,
    sum(work.timed_case_count)::bigint as timed_case_count, sum(work.minutes) as minutes, sum(work.units) as units,
    sum(work.billed) as billed, sum(work.paid) as paid"""
_WHERE = f"""
    where work.currency = :currency and work.case_date between :start and :end
      and {OF_PROVIDERS.format(column="work.provider_key")}"""
_MONTHS = f"""
    select cast(date_trunc('month', work.case_date) as date) as month, {_SUMS}
    from rpt_workload as work {_WHERE}
    group by 1"""
_PROVIDERS = f"""
    select providers.hospital_id, providers.provider_id, providers.name, {_SUMS}
    from rpt_workload as work
    inner join dim_providers as providers on work.provider_key = providers.provider_key {_WHERE}
    group by providers.provider_key, providers.hospital_id, providers.provider_id, providers.name
    order by case_count desc, providers.name, providers.hospital_id, providers.provider_id, providers.provider_key"""
_MIX = f"""
    select mix.month, mix.cpt_code, sum(mix.case_count)::bigint as case_count, sum(mix.units) as units, sum(mix.billed) as billed
    from rpt_case_mix as mix
    where mix.currency = :currency and mix.month between :start and :end
      and {OF_PROVIDERS.format(column="mix.provider_key")}
    group by mix.month, mix.cpt_code
    order by mix.month, case_count desc, mix.cpt_code"""


@dataclass(frozen=True)
class WorkFilter:
    """Whose work and when: ``months`` from a first to a last day of a month; ``providers`` None is everyone in reach."""

    months: DateRange
    currency: str
    providers: Sequence[UUID] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        providers = None if self.providers is None else list(self.providers)
        return {
            "currency": self.currency, "start": self.months.start, "end": self.months.end, "providers": providers,
        }  # fmt: skip


@dataclass(frozen=True)
class ProcedureShare:
    """Cases of a month with one procedure; a case with two is in both."""

    month: date
    cpt_code: str
    case_count: int
    units: Decimal
    billed: Decimal


@dataclass(frozen=True)
class ProviderWork(Work):
    """Work of one provider."""

    hospital_id: str = ""
    provider_id: str = ""
    name: str = ""


@dataclass(frozen=True)
class Workload:
    """Months, empty ones too, with their procedures, and the providers with any work by falling number of cases."""

    asked: WorkFilter
    months: tuple[tuple[Period, Work], ...]
    mix: dict[date, list[ProcedureShare]]
    providers: tuple[ProviderWork, ...]

    @property
    def total(self) -> Work:
        """All months."""
        return added((work for _, work in self.months), Work)


@dataclass(frozen=True)
class _Month(Work):
    month: date = date.min


def workload(connection: Connection, asked: WorkFilter, business_date: date) -> Workload:
    """Return the work that ``asked`` selects, up to the business date."""
    found = {row.month: row for row in rows(connection, _MONTHS, asked.parameters, _Month)}
    mix: dict[date, list[ProcedureShare]] = {}
    for share in rows(connection, _MIX, asked.parameters, ProcedureShare):
        mix.setdefault(share.month, []).append(share)
    months = tuple((step, found.get(step.start, _Month())) for step in periods(asked.months, "month", business_date))
    return Workload(asked, months, mix, tuple(rows(connection, _PROVIDERS, asked.parameters, ProviderWork)))
