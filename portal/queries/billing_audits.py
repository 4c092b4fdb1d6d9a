"""The billing audit of the live build: logged cases of portal, billed ones of the marts, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from portal.analytics.billing_audit import AuditReport, compare_case_logs, generate_audit_report
from portal.analytics.case_history import History
from portal.analytics.cases import Audited, BilledCase, Decision, LoggedCase, Matching
from portal.analytics.periods import DateRange
from portal.queries import case_logs
from portal.queries.case_logs import Covered, Decided, Entry, LogScope
from portal.queries.sql import rows

_HISTORY = timedelta(days=730)  # before the logs: what the amounts of cases are judged by
_BILLED = """
    select cases.case_key, cases.hospital_id, providers.provider_id, cases.ticket_number, cases.case_date, cases.is_reversed,
           cases.minutes, coalesce(cases.billed, 0) as billed, coalesce(cases.paid, 0) as paid, cases.first_posted_date,
           array_agg(distinct charges.cpt_code) as codes
    from fct_cases as cases
    inner join dim_hospitals as hospitals on cases.hospital_id = hospitals.hospital_id
    inner join dim_providers as providers on cases.provider_key = providers.provider_key
    inner join fct_charges as charges on cases.case_key = charges.case_key
    where cases.currency = :currency and cases.case_date between :start and hospitals.business_date
      and (cases.hospital_id, providers.provider_id) in (
          select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
      )
      and (cases.is_reversed or not (charges.is_reversal or charges.is_reversed))
    group by cases.case_key, cases.hospital_id, providers.provider_id, cases.ticket_number, cases.case_date, cases.is_reversed,
             cases.minutes, cases.billed, cases.paid, cases.first_posted_date
    order by cases.case_date, cases.case_key"""
_CHARGES = """
    select charges.charge_id, charges.ticket_number, charges.case_date, charges.posted_date, charges.cpt_code, charges.modifiers,
           charges.units, charges.minutes, charges.billed, charges.paid, charges.currency, charges.is_reversal,
           charges.is_reversed
    from fct_charges as charges
    where charges.case_key = any (cast(:keys as uuid[]))
    order by charges.case_date, charges.ticket_number, charges.posted_date, charges.charge_id"""


@dataclass(frozen=True)
class ChargeLine:
    """One charge of a case."""

    charge_id: str
    ticket_number: str
    case_date: date
    posted_date: date | None
    cpt_code: str
    modifiers: str | None
    units: Decimal | None
    minutes: Decimal | None
    billed: Decimal | None
    paid: Decimal | None
    currency: str
    is_reversal: bool
    is_reversed: bool


@dataclass(frozen=True)
class BillingAudit:
    """What is compared, and what comes of it. ``covered`` are the days from the first to the last that any log covers."""

    scope: LogScope
    matching: Matching
    history: History
    entries: dict[str, Entry] = field(default_factory=dict)
    decided: dict[str, list[Decided]] = field(default_factory=dict)
    covered: DateRange | None = None

    def report(self, days: DateRange | None = None) -> AuditReport:
        """Return the audit of some days; None is all of them."""
        return generate_audit_report(self.matching, self.history, days)

    def of(self, hospital_id: str, provider_id: str, days: DateRange) -> AuditReport:
        """Return the audit of one provider's days."""
        key = provider_name(hospital_id, provider_id)
        own = self.matching
        return generate_audit_report(
            Matching(
                matches=tuple(one for one in own.matches if one.logged.provider == key),
                missing=tuple(one for one in own.missing if one.logged.provider == key),
                unexpected=tuple(case for case in own.unexpected if case.provider == key),
                ambiguous=tuple(group for group in own.ambiguous if group.logged[0].provider == key),
            ),
            self.history,
            days,
        )


@dataclass(frozen=True)
class _Billed:
    case_key: UUID
    hospital_id: str
    provider_id: str
    ticket_number: str
    case_date: date
    is_reversed: bool
    minutes: Decimal | None
    billed: Decimal
    paid: Decimal
    first_posted_date: date | None
    codes: list[str]


def provider_name(hospital_id: str, provider_id: str) -> str:
    """Return how a provider is called in what is compared."""
    return f"{hospital_id}|{provider_id}"


def billing_audit(connection: Connection, scope: LogScope) -> BillingAudit:
    """Return the audit of all logs in ``scope``."""
    found = case_logs.entries(connection, scope)
    covered = case_logs.covered(connection, scope)
    if not covered:
        return BillingAudit(scope, Matching(), History(()))
    decided = case_logs.decisions(connection, scope)
    billed = _billed(connection, scope, covered)
    matching, history = _compared(
        tuple(_logged(entry) for entry in found), billed, tuple(_decision(one) for one in decided), tuple(covered)
    )
    by_case: dict[str, list[Decided]] = defaultdict(list)
    for one in decided:
        by_case[one.case_key].append(one)
    days = DateRange(min(one.covered_from for one in covered), max(one.covered_to for one in covered))
    return BillingAudit(scope, matching, history, {entry.case_key: entry for entry in found}, dict(by_case), days)


def charges(connection: Connection, keys: Sequence[UUID | str]) -> list[ChargeLine]:
    """Return the charges of billed cases, reversals and what they took back too."""
    return rows(connection, _CHARGES, {"keys": [str(key) for key in keys]}, ChargeLine)


@lru_cache(maxsize=8)
def _compared(
    logged: tuple[LoggedCase, ...],
    billed: tuple[BilledCase, ...],
    said: tuple[Decision, ...],
    days: tuple[Covered, ...],
) -> tuple[Matching, History]:
    """Compare once what the pages of an audit show one after the other; what is compared is the whole key."""
    covered: dict[str, list[DateRange]] = defaultdict(list)
    for one in days:
        covered[provider_name(one.hospital_id, one.provider_id)].append(DateRange(one.covered_from, one.covered_to))
    return compare_case_logs(Audited(logged, billed, said, covered)), History(billed)


def _billed(connection: Connection, scope: LogScope, covered: Sequence[Covered]) -> tuple[BilledCase, ...]:
    pairs = sorted({(one.hospital_id, one.provider_id) for one in covered})
    parameters: dict[str, Any] = {
        "currency": scope.currency, "start": min(one.covered_from for one in covered) - _HISTORY,
        "hospitals": [hospital for hospital, _ in pairs], "ids": [name for _, name in pairs],
    }  # fmt: skip
    return tuple(
        BilledCase(
            str(row.case_key), provider_name(row.hospital_id, row.provider_id), row.case_date, row.ticket_number,
            tuple(sorted(row.codes)), row.minutes, row.billed, row.paid, row.is_reversed, row.first_posted_date,
        )
        for row in rows(connection, _BILLED, parameters, _Billed)
    )  # fmt: skip


def _logged(entry: Entry) -> LoggedCase:
    return LoggedCase(
        entry.case_key, provider_name(entry.hospital_id, entry.provider_id), entry.case_date, entry.ticket, entry.codes,
        entry.minutes,
    )  # fmt: skip


def _decision(one: Decided) -> Decision:
    return Decision(one.kind, one.case_key, tuple(str(key) for key in one.billed_keys))
