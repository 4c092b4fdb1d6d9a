"""Work and pay of providers by day, and what stands beside it: unpaid cases, colleagues, costs, what was collected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.analytics.practice import PracticeDay, PracticeFigures
from portal.queries.collection_rates import Collected
from portal.queries.providers import OF_PROVIDERS
from portal.queries.sql import one, rows, values
from portal.queries.workload import WorkFilter

_DAYS = f"""
    select day, sum(case_count)::bigint as case_count, sum(reversed_case_count)::bigint as reversed_case_count,
           sum(timed_case_count)::bigint as timed_case_count, sum(minutes) as minutes, sum(units) as units,
           sum(billed) as billed, sum(paid) as paid, sum(compensation) as compensation,
           sum(uncalculated)::bigint as uncalculated_case_count
    from (
        select work.case_date as day, work.case_count, work.reversed_case_count, work.timed_case_count, work.minutes,
               work.units, work.billed, work.paid, 0 as compensation, 0 as uncalculated
        from rpt_workload as work
        where work.currency = :currency and work.case_date between :start and :end
          and {OF_PROVIDERS.format(column="work.provider_key")}
        union all
        select pay.case_date, 0, 0, 0, 0, 0, 0, 0, coalesce(pay.amount, 0), (pay.uncalculated_reason is not null)::integer
        from fct_case_compensation as pay
        inner join dim_hospitals as hospitals on pay.hospital_id = hospitals.hospital_id
        where pay.currency = :currency and pay.case_date between :start and :end
          and pay.case_date <= hospitals.business_date
          and {OF_PROVIDERS.format(column="pay.provider_key")}
    ) as parts
    group by day
    order by day"""
# A source that never says what was paid leaves every case unpaid: nothing is said of those.
_UNPAID = f"""
    select count(*) filter (where cases.paid is null or cases.paid = 0) as case_count,
           coalesce(sum(cases.billed) filter (where cases.paid is null or cases.paid = 0), 0) as billed,
           coalesce(sum(cases.paid), 0) as paid
    from fct_cases as cases
    where cases.currency = :currency and cases.case_date between :start and :end
      and not cases.is_reversed and cases.billed > 0
      and {OF_PROVIDERS.format(column="cases.provider_key")}"""
_POSTING = f"""
    select percentile_disc(0.9) within group (order by cases.first_posted_date - cases.case_date)
    from fct_cases as cases
    where cases.currency = :currency and cases.case_date between :start and :end and cases.first_posted_date is not null
      and {OF_PROVIDERS.format(column="cases.provider_key")}"""
_DEPARTMENT = f"""
    select distinct coalesce(providers.department_key::text, '')
    from dim_providers as providers
    where {OF_PROVIDERS.format(column="providers.provider_key")}"""
_COLLEAGUES = """
    select sum(work.case_count)::bigint as case_count, sum(work.timed_case_count)::bigint as timed_case_count,
           sum(work.minutes) as minutes, sum(work.paid) as paid, coalesce(max(pay.compensation), 0) as compensation
    from rpt_workload as work
    inner join dim_providers as providers on work.provider_key = providers.provider_key
    left join (
        select provider_key, sum(calculated) as compensation
        from rpt_compensation_monthly
        where currency = :currency and month between :start and :end
        group by provider_key
    ) as pay on work.provider_key = pay.provider_key
    where work.currency = :currency and work.case_date between :start and :end
      and providers.department_key = cast(:department as uuid)
    group by work.provider_key
    having sum(work.case_count) > 0"""
_ACTIVE = f"""
    select count(distinct work.provider_key)
    from rpt_workload as work
    where work.currency = :currency and work.case_date between :start and :end
      and {OF_PROVIDERS.format(column="work.provider_key")}"""
# Costs are a whole hospital's: they stand against all of its work, and are shown to whom all of its providers are linked,
# whatever those do: a hospital's only anaesthetist does not see what the hospital costs.
_COSTS = f"""
    select kpis.month, sum(kpis.numerator) as costs
    from rpt_kpis as kpis
    where kpis.metric = 'cost_to_collect' and kpis.currency = :currency and kpis.month between :start and :end
      and kpis.numerator is not null
      and exists (
          select 1 from rpt_workload as work
          where work.hospital_id = kpis.hospital_id and work.case_date between :start and :end
            and {OF_PROVIDERS.format(column="work.provider_key")}
      )
      and not exists (
          select 1 from dim_providers as providers
          where providers.hospital_id = kpis.hospital_id
            and not {OF_PROVIDERS.format(column="providers.provider_key")}
      )
    group by kpis.month"""
_COLLECTED = f"""
    select coalesce(sum(lines.billed), 0) as billed, coalesce(sum(lines.applied), 0) as collected,
           coalesce(sum(lines.contractual), 0) as contractual, coalesce(sum(lines.invoice_count), 0)::bigint as count
    from rpt_collections_daily as lines
    where lines.currency = :currency and lines.invoice_date between :start and :end
      and {OF_PROVIDERS.format(column="lines.provider_key")}"""


@dataclass(frozen=True)
class Unpaid:
    """Cases without a payment, what was billed for them, and what was paid for the others."""

    case_count: int
    billed: Decimal
    paid: Decimal


def practice_days(connection: Connection, asked: WorkFilter) -> list[PracticeDay]:
    """Return the days with cases, in order, up to each hospital's business date."""
    return rows(connection, _DAYS, asked.parameters, PracticeDay)


def unpaid(connection: Connection, asked: WorkFilter) -> Unpaid:
    """Return the cases of ``asked`` for which something was billed and nothing paid."""
    return one(connection, _UNPAID, asked.parameters, Unpaid)


def posting_days(connection: Connection, asked: WorkFilter) -> int:
    """Return within how many days nine of ten cases are posted first; 0 where no posting is known."""
    return int(values(connection, _POSTING, **asked.parameters)[0] or 0)


def active_providers(connection: Connection, asked: WorkFilter) -> int:
    """Return how many providers have had cases."""
    return int(values(connection, _ACTIVE, **asked.parameters)[0])


def colleagues(connection: Connection, asked: WorkFilter) -> list[PracticeFigures]:
    """Return the sums of each provider with cases in the department of ``asked``'s providers; none if they are of several."""
    departments = values(connection, _DEPARTMENT, **asked.parameters)
    if len(departments) != 1 or not departments[0]:
        return []
    return rows(connection, _COLLEAGUES, asked.parameters | {"department": departments[0]}, PracticeFigures)


def operating_costs(connection: Connection, asked: WorkFilter) -> dict[date, Decimal]:
    """Return the costs by month of the hospitals all of whose providers are those of ``asked``."""
    return {row.month: row.costs for row in rows(connection, _COSTS, asked.parameters, _Costs)}


def collected_of(connection: Connection, asked: WorkFilter) -> Collected:
    """Return what was billed on the providers' invoices of ``asked``'s days, and what has come in for it."""
    return one(connection, _COLLECTED, asked.parameters, Collected)


def with_days(asked: WorkFilter, days: DateRange) -> WorkFilter:
    """Return ``asked`` for other days."""
    return WorkFilter(days, asked.currency, asked.providers)


@dataclass(frozen=True)
class _Costs:
    month: date
    costs: Decimal
