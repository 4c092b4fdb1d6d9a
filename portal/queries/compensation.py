"""Pay of providers: what was calculated beside what was stated, by month, and the cases behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import Period, periods
from portal.analytics.practice import added
from portal.queries.providers import OF_PROVIDERS
from portal.queries.sql import rows, stream
from portal.queries.workload import WorkFilter

# What the source delivers counts; a statement that a person imported stands where it delivers none for the provider's month.
_PAY = """(
        select provider_key, month, currency, case_count, uncalculated_case_count, calculated, statement_count, gross_pay,
               commission, bonus, deductions, 0 as imported_count
        from rpt_compensation_monthly
        union all
        select known.provider_key, said.month, hospitals.currency, 0, 0, 0, 1, said.gross_pay, said.commission, said.bonus,
               said.deductions, 1
        from portal.imported_statements as said
        inner join dim_hospitals as hospitals on said.hospital_id = hospitals.hospital_id
        cross join lateral (
            select cast(min(cast(own.provider_key as text)) as uuid) as provider_key
            from dim_providers as own
            where own.hospital_id = said.hospital_id and own.provider_id = said.provider_id
        ) as known
        where said.ended_at is null and known.provider_key is not null and said.month <= hospitals.business_date
          and not exists (
              select 1 from rpt_compensation_monthly as delivered
              inner join dim_providers as own on delivered.provider_key = own.provider_key
              where own.hospital_id = said.hospital_id and own.provider_id = said.provider_id
                and delivered.month = said.month and delivered.statement_count > 0
          )
    )"""
_SUMS = """
    sum(pay.case_count)::bigint as case_count, sum(pay.uncalculated_case_count)::bigint as uncalculated_case_count,
    sum(pay.calculated) as calculated, sum(pay.statement_count)::bigint as statement_count,
    sum(pay.gross_pay) as gross_pay, sum(pay.commission) as commission, sum(pay.bonus) as bonus,
    sum(pay.deductions) as deductions, sum(pay.imported_count)::bigint as imported_count"""
_WHERE = f"""
    where pay.currency = :currency and pay.month between :start and :end
      and {OF_PROVIDERS.format(column="pay.provider_key")}"""
_MONTHS = f"select pay.month, {_SUMS} from {_PAY} as pay {_WHERE} group by 1"
_OF_PROVIDERS = f"""
    select {{month}} providers.hospital_id, providers.provider_id, providers.name, {_SUMS}
    from {_PAY} as pay
    inner join dim_providers as providers on pay.provider_key = providers.provider_key {_WHERE}
    group by {{month}} providers.provider_key, providers.hospital_id, providers.provider_id, providers.name
    order by {{month}} providers.name, providers.hospital_id, providers.provider_id, providers.provider_key"""
_PROVIDERS = _OF_PROVIDERS.format(month="")
_STATEMENTS = _OF_PROVIDERS.format(month="pay.month,")


@dataclass(frozen=True)
class Pay:
    """Calculated and stated pay; the stated gross contains commission and bonus.

    ``imported_count`` of the statements were imported by people, as the source delivers none for their months.
    """

    case_count: int = 0
    uncalculated_case_count: int = 0
    calculated: Decimal = Decimal(0)
    statement_count: int = 0
    gross_pay: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    bonus: Decimal = Decimal(0)
    deductions: Decimal = Decimal(0)
    imported_count: int = 0

    @property
    def net_pay(self) -> Decimal:
        """What was stated to be paid out."""
        return self.gross_pay - self.deductions

    @property
    def difference(self) -> Decimal:
        """Stated less calculated."""
        return self.gross_pay - self.calculated


@dataclass(frozen=True)
class ProviderPay(Pay):
    """Pay of one provider; of one month, where ``month`` is not None."""

    hospital_id: str = ""
    provider_id: str = ""
    name: str = ""
    month: date | None = None


@dataclass(frozen=True)
class Compensation:
    """Months, empty ones too, and the providers with cases or statements in them, by name."""

    asked: WorkFilter
    months: tuple[tuple[Period, Pay], ...]
    providers: tuple[ProviderPay, ...]

    @property
    def total(self) -> Pay:
        """All months."""
        return added((pay for _, pay in self.months), Pay)


@dataclass(frozen=True)
class _Month(Pay):
    month: date = date.min


def compensation(connection: Connection, asked: WorkFilter, business_date: date) -> Compensation:
    """Return the pay that ``asked`` selects, up to the business date."""
    found = {row.month: row for row in rows(connection, _MONTHS, asked.parameters, _Month)}
    months = tuple((step, found.get(step.start, _Month())) for step in periods(asked.months, "month", business_date))
    return Compensation(asked, months, tuple(rows(connection, _PROVIDERS, asked.parameters, ProviderPay)))


def statements_stream(connection: Connection, asked: WorkFilter) -> Iterator[ProviderPay]:
    """Yield pay by month and provider, where there are cases or a statement."""
    return stream(connection, _STATEMENTS, asked.parameters, ProviderPay)
