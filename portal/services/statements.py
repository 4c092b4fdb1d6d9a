"""Compensation statements that people import: confirmed, replaced by later ones, withdrawn. Each with its audit record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from portal.analytics.statement_reading import Statement, check
from portal.services import audit
from portal.services.audit import Entry
from portal.services.case_logs import CaseLogError, Person, Whose
from portal.services.conflicts import ConflictError
from portal.services.write_offs import books

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('statement|' || :hospital_id || '|' || :provider_id, 0))")
_BUSINESS_DATE = text("select business_date from dim_hospitals where hospital_id = :hospital_id")
_END = text("""
  update portal.imported_statements set ended_by = :by, ended_at = :now
  where hospital_id = :hospital_id and provider_id = :provider_id and month = :month and ended_at is null
  returning gross_pay, commission, bonus, deductions
""")
_INSERT = text("""
  insert into portal.imported_statements (
    hospital_id, provider_id, month, gross_pay, commission, bonus, deductions, read_from, imported_by, imported_at)
  values (
    :hospital_id, :provider_id, :month, :gross_pay, :commission, :bonus, :deductions, :read_from, :by, :now)
  returning id
""")
_WITHDRAW = text("""
  update portal.imported_statements set ended_by = :by, ended_at = :now where id = :id and ended_at is null
  returning hospital_id, provider_id, month, gross_pay, commission, bonus, deductions
""")
_AMOUNTS = ("gross_pay", "commission", "bonus", "deductions")
_FIELDS = {"gross_pay": "grossPay", "net_pay": "netPay"}


@dataclass(frozen=True)
class Stated:
    """A statement of a provider's month, and what it was read from: csv, xlsx, pdf or typed."""

    whose: Whose
    month: date
    amounts: Statement
    read_from: str


def save(stated: Stated, by: Person, now: datetime, entry: Entry) -> int:
    """Keep a statement; what was imported for this month before ends with it. Returns its number.

    Raises:
        CaseLogError: if its amounts do not add up, or the month is still to come.
    """
    amounts, whose = stated.amounts, stated.whose
    if problems := check(amounts):
        raise CaseLogError(**{_FIELDS.get(name, name): problem for name, problem in problems.items()})
    what: dict[str, Any] = {
        "hospital_id": whose.hospital_id, "provider_id": whose.provider_id, "month": stated.month,
        "read_from": stated.read_from, "by": by.user_id, "now": now, **{name: getattr(amounts, name) for name in _AMOUNTS},
    }  # fmt: skip
    with books(by.hospitals) as (connection, _):
        connection.execute(_LOCK, what)
        business_date: date = connection.execute(_BUSINESS_DATE, what).scalar_one()
        if stated.month > business_date:
            raise CaseLogError(month=f"is after the business date, {business_date}: choose that month or one before")
        before = connection.execute(_END, what).one_or_none()
        number = int(connection.execute(_INSERT, what).scalar_one())
        old = _said(stated.month, before._mapping) if before else None
        _record(connection, entry, number, whose, old, _said(stated.month, what) | {"read_from": stated.read_from})
        return number


def withdraw(number: int, by: Person, now: datetime, entry: Entry) -> None:
    """Let a statement count no more; it stays in the history.

    Raises:
        ConflictError: if it is replaced or withdrawn already.
    """
    with books(by.hospitals) as (connection, _):
        found = connection.execute(_WITHDRAW, {"id": number, "by": by.user_id, "now": now}).one_or_none()
        if found is None:
            raise ConflictError("That statement is replaced or withdrawn already.")
        whose = Whose(found.hospital_id, found.provider_id)
        _record(connection, entry, number, whose, _said(found.month, found._mapping), {"withdrawn": True})


def _said(month: date, values: Any) -> dict[str, str]:
    return {"month": f"{month:%Y-%m}"} | {name: f"{values[name]:f}" for name in _AMOUNTS}


def _record(
    connection: Connection, entry: Entry, number: int, whose: Whose, old: dict[str, Any] | None, new: dict[str, Any]
) -> None:
    audit.record(
        replace(
            entry, resource_id=str(number), hospital_ids=(whose.hospital_id,), old_values=old,
            new_values={"provider_id": whose.provider_id, **new},
        ),
        connection,
    )  # fmt: skip
