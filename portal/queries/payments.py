"""Payments one by one, with their payer and what was given back.

Amounts stay for ever, the patients' ids as long as their histories do: until the day from which those are complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.sql import one, stream

_PATIENT = (
    "case when payments.payment_date >= coalesce(hospitals.history_from, '-infinity') then payments.patient_id end"
)
_FROM = f"""
    from fct_payments as payments
    inner join dim_hospitals as hospitals on payments.hospital_id = hospitals.hospital_id
    left join dim_payers as payers on payments.payer_key = payers.payer_key
    where payments.currency = :currency and payments.payment_date between :start and :end
      and (cast(:status as text) is null or payments.payment_status = :status)
      and (cast(:method as text) is null or payments.method = :method)
      and (cast(:payer_id as text) is null or payers.payer_id = :payer_id)
      and (cast(:patient_id as text) is null or {_PATIENT} = :patient_id)"""
_ROWS = f"""
    select payments.hospital_id, payments.payment_id, payments.payment_date, payments.invoice_id, {_PATIENT} as patient_id,
           payments.amount, payments.payment_status, payments.method, payers.payer_id,
           payments.refunded_amount, payments.refunded_date, payments.is_unmatched
    {_FROM}
    order by payments.payment_date, payments.hospital_id, payments.payment_id, payments.payment_key"""
_SUM = f"""
    select count(*) as total,
           coalesce(sum(payments.amount) filter (where payments.payment_status in ('paid', 'refunded')), 0) as received,
           coalesce(sum(payments.refunded_amount), 0) as refunded
    {_FROM}"""


@dataclass(frozen=True)
class PaymentFilter:
    """Which payments; ``conditions`` may name status, method, payer_id and patient_id."""

    days: DateRange
    currency: str
    conditions: dict[str, str]

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        usual = dict.fromkeys(("status", "method", "payer_id", "patient_id"))
        return {"currency": self.currency, "start": self.days.start, "end": self.days.end} | usual | self.conditions


@dataclass(frozen=True)
class Payment:
    """One payment; pending and failed ones are listed, never received."""

    hospital_id: str
    payment_id: str
    payment_date: date
    invoice_id: str | None
    patient_id: str | None
    amount: Decimal
    payment_status: str
    method: str | None
    payer_id: str | None
    refunded_amount: Decimal | None
    refunded_date: date | None
    is_unmatched: bool


@dataclass(frozen=True)
class PaymentSum:
    """Number of payments, what was received of them, and given back since."""

    total: int
    received: Decimal
    refunded: Decimal


def payments_stream(connection: Connection, asked: PaymentFilter) -> Iterator[Payment]:
    """Yield the payments, oldest first."""
    return stream(connection, _ROWS, asked.parameters, Payment)


def payments_sum(connection: Connection, asked: PaymentFilter) -> PaymentSum:
    """Return the sums of the payments."""
    return one(connection, _SUM, asked.parameters, PaymentSum)
