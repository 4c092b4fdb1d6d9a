"""Patients by id and invoice number, what they owe, and what they paid. Names never appear: ``phi`` answers with ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.queries.decided import BALANCES_AFTER, DECIDED
from portal.queries.sql import one, rows, stream, values

MOST_FOUND = 50
_MOST_MATCHES = 10_000  # that are put in order of their last visit
_FOUND = f"""
    with {DECIDED}, {BALANCES_AFTER},
    since as (
        select i.hospital_id, i.patient_id, i.currency, sum(greatest(b.balance, 0) - i.open_amount) as amount
        from decided_balances as b join fct_invoices as i on i.invoice_key = b.invoice_key
        group by i.hospital_id, i.patient_id, i.currency
    )
    select p.hospital_id, p.patient_id, coalesce(d.birth_year, a.birth_year) as birth_year,
           a.last_visit_date, a.last_payment_date, coalesce(a.currencies, '{{}}') as currencies,
           coalesce(a.open_balances, '{{}}') as open_balances
    from unnest(cast(:hospitals as text[]), cast(:patients as text[])) as p (hospital_id, patient_id)
    left join dim_patients as d on d.hospital_id = p.hospital_id and d.patient_id = p.patient_id
    left join lateral (
        select max(birth_year) as birth_year, max(last_visit_date) as last_visit_date,
               max(last_payment_date) as last_payment_date,
               array_agg(currency order by currency) as currencies,
               array_agg(open_balance + coalesce(s.amount, 0) order by currency) as open_balances
        from rpt_patient_accounts as r
        left join since as s using (hospital_id, patient_id, currency)
        where r.hospital_id = p.hospital_id and r.patient_id = p.patient_id
    ) as a on true
    order by a.last_visit_date desc nulls last, p.patient_id, p.hospital_id"""
_EXACT = """
    select hospital_id, patient_id from dim_patients where patient_id = :text
    union select hospital_id, patient_id from rpt_patient_accounts where patient_id = :text
    union select hospital_id, patient_id from patient_payment_history where patient_id = :text
    union select hospital_id, patient_id from fct_invoices where invoice_id = :text and patient_id is not null
    order by 2, 1 limit :most"""
_HOSPITALS = """
    select hospital_id from dim_patients where patient_id = :patient_id
    union select hospital_id from rpt_patient_accounts where patient_id = :patient_id
    union select hospital_id from patient_payment_history where patient_id = :patient_id
    order by 1"""
_HISTORY = """
    from patient_payment_history
    where (cast(:patient_id as text) is null or patient_id = :patient_id)
      and (cast(:hospital_id as text) is null or hospital_id = :hospital_id)
      and currency = :currency
      and payment_date between :start and :end
      and (cast(:status as text) is null or payment_status = :status)"""


@dataclass(frozen=True)
class PatientRef:
    """Who a patient is: ids are unique within a hospital only."""

    hospital_id: str
    patient_id: str


@dataclass(frozen=True)
class PatientRow:
    """A patient as a search shows it; balances stand beside their currencies."""

    hospital_id: str
    patient_id: str
    birth_year: int | None
    last_visit_date: date | None
    last_payment_date: date | None
    currencies: list[str]
    open_balances: list[Decimal]

    @property
    def balances(self) -> list[tuple[str, Decimal]]:
        """Currency and open balance of each account."""
        return list(zip(self.currencies, self.open_balances, strict=True))

    def open_balance(self, currency: str) -> Decimal:
        """Return what is open in ``currency``; 0 if the patient has no account in it."""
        return dict(self.balances).get(currency, Decimal(0))


@dataclass(frozen=True)
class HistoryFilter:
    """Which payments: of one patient, or of all in reach (exports) where ``patient_id`` is None."""

    currency: str
    patient_id: str | None = None
    hospital_id: str | None = None
    status: str | None = None
    start: date = date(1900, 1, 1)
    end: date = date(9999, 12, 31)


@dataclass(frozen=True)
class HistoryRow:
    """One payment of a patient."""

    hospital_id: str
    patient_id: str
    payment_id: str
    payment_date: date
    amount: Decimal
    payment_status: str
    method: str | None
    invoice_id: str | None


@dataclass(frozen=True)
class HistorySum:
    """Number of payments, what was received, and the first and last day."""

    total: int
    received: Decimal
    first: date | None
    last: date | None


def matching(connection: Connection, text: str) -> list[PatientRef]:
    """Return the patients whose id, or one of whose invoice numbers, is ``text``."""
    return rows(connection, _EXACT, {"text": text, "most": MOST_FOUND}, PatientRef)


def identified(
    connection: Connection, tokens: Sequence[tuple[str, bytes]], hospitals: Sequence[str]
) -> list[PatientRef]:
    """Return the patients whose identity carries every one of ``tokens`` (kind, keyed hash), as ``phi`` finds them."""
    sql = """
        select hospital_id, patient_id
        from phi.find_patients(
            cast(:kinds as text[]), cast(:tokens as bytea[]), cast(:hospitals as text[]), :most
        )"""
    kinds, hashes = [kind for kind, _ in tokens], [token for _, token in tokens]
    parameters = {"kinds": kinds, "tokens": hashes, "hospitals": list(hospitals), "most": _MOST_MATCHES}
    return rows(connection, sql, parameters, PatientRef)


def described(connection: Connection, found: Sequence[PatientRef]) -> list[PatientRow]:
    """Return what tells ``found`` apart: birth year, last visit, last payment, open balance."""
    parameters = {
        "hospitals": [ref.hospital_id for ref in found], "patients": [ref.patient_id for ref in found], "as_of": None,
    }  # fmt: skip
    return rows(connection, _FOUND, parameters, PatientRow)


def hospitals_of(connection: Connection, patient_id: str) -> list[str]:
    """Return the hospitals in reach that know ``patient_id``; none if it is unknown or another hospital's."""
    return values(connection, _HOSPITALS, patient_id=patient_id)


def history_start(connection: Connection, hospital_id: str | None) -> date | None:
    """Return the day from which payment histories are complete, None if there is no such limit.

    Of several hospitals (``hospital_id`` None) the latest such day. Older payments are there while something is open.
    """
    sql = "select max(history_from) from dim_hospitals where coalesce(cast(:hospital_id as text), hospital_id) = hospital_id"
    return values(connection, sql, hospital_id=hospital_id)[0]


def history_currencies(connection: Connection, ref: PatientRef) -> tuple[str, ...]:
    """Return the currencies in which the patient paid."""
    sql = """
        select distinct currency from patient_payment_history
        where patient_id = :patient_id and hospital_id = :hospital_id order by 1"""
    return tuple(values(connection, sql, patient_id=ref.patient_id, hospital_id=ref.hospital_id))


def account_currencies(connection: Connection, ref: PatientRef) -> tuple[str, ...]:
    """Return the currencies in which the patient has an account: was billed, or paid."""
    sql = """
        select distinct currency from rpt_patient_accounts
        where patient_id = :patient_id and hospital_id = :hospital_id order by 1"""
    return tuple(values(connection, sql, patient_id=ref.patient_id, hospital_id=ref.hospital_id))


def credit_balance(connection: Connection, ref: PatientRef, currency: str) -> Decimal:
    """Return the patient's money that settles nothing yet, as the build has it; 0 without an account."""
    sql = """
        select coalesce(sum(credit_balance), 0) from rpt_patient_accounts
        where patient_id = :patient_id and hospital_id = :hospital_id and currency = :currency"""
    found = values(connection, sql, patient_id=ref.patient_id, hospital_id=ref.hospital_id, currency=currency)
    return Decimal(found[0])


def history_sum(connection: Connection, asked: HistoryFilter) -> HistorySum:
    """Return number and sum of the payments that ``asked`` selects; pending and failed ones are not received."""
    sql = f"""
        select count(*)::bigint as total,
               coalesce(sum(amount) filter (where payment_status in ('paid', 'refunded')), 0) as received,
               min(payment_date) as first, max(payment_date) as last {_HISTORY}"""
    return one(connection, sql, _parameters(asked), HistorySum)


def history_page(connection: Connection, asked: HistoryFilter, page: int, limit: int) -> list[HistoryRow]:
    """Return one page (from 1) of the payments that ``asked`` selects, oldest first."""
    parameters = _parameters(asked) | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, f"{_select()} limit :limit offset :offset", parameters, HistoryRow)


def history_stream(connection: Connection, asked: HistoryFilter) -> Iterator[HistoryRow]:
    """Yield every payment that ``asked`` selects, oldest first, at constant memory."""
    return stream(connection, _select(), _parameters(asked), HistoryRow)


def _select() -> str:
    columns = "hospital_id, patient_id, payment_id, payment_date, amount, payment_status, method, invoice_id"
    return f"select {columns} {_HISTORY} order by payment_date, payment_id, id"


def _parameters(asked: HistoryFilter) -> dict[str, Any]:
    return {
        "currency": asked.currency, "patient_id": asked.patient_id, "hospital_id": asked.hospital_id,
        "status": asked.status, "start": asked.start, "end": asked.end,
    }  # fmt: skip
