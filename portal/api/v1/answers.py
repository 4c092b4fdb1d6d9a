"""Shapes of the reports' answers."""

from __future__ import annotations

from datetime import date

from portal.api.v1.schema import Camel


class SeriesItem(Camel):
    """One period; ``period`` is its first day."""

    period: date
    partial: bool
    revenue: str
    count: int
    average: str


class ComparisonData(Camel):
    """The same figures of the days that are compared with; ``change_percent`` is 0.00 where they had no revenue."""

    start_date: date
    end_date: date
    total_revenue: str
    refunded_amount: str
    net_revenue: str
    payment_count: int
    average_payment: str
    change: str
    change_percent: str
    series: list[SeriesItem]


class RevenueData(Camel):
    """Revenue of some days and of every period in them."""

    total_revenue: str
    refunded_amount: str
    net_revenue: str
    payment_count: int
    average_payment: str
    series: list[SeriesItem]
    comparison: ComparisonData | None


class PatientItem(Camel):
    """A patient that a search found."""

    patient_id: str
    hospital_id: str
    birth_year: int | None
    last_visit: date | None
    last_payment: date | None
    open_balance: str


class PaymentItem(Camel):
    """One payment of a patient."""

    payment_id: str
    payment_date: date
    amount: str
    payment_status: str
    method: str | None
    invoice_id: str | None


class OutstandingItem(Camel):
    """One open invoice, or instalment of one."""

    invoice_id: str
    instalment_no: int
    hospital_id: str
    patient_id: str
    invoice_date: date | None
    due_date: date | None
    amount_due: str
    days_overdue: int
    last_payment_date: date | None
    payment_status: str
    payer_class: str
    worst_days_overdue: int | None
    next_contact_on: date | None
    next_contact_with: str | None
    promised_amount: str | None
    promised_for: date | None
    promise_state: str | None


class BucketItem(Camel):
    """Receivables of one age."""

    bucket: str
    amount: str
    invoice_count: int


class CreditBucketItem(Camel):
    """Credits of one age."""

    bucket: str
    amount: str
    count: int


class AgingItem(Camel):
    """One open invoice with its age."""

    invoice_id: str
    instalment_no: int
    hospital_id: str
    patient_id: str
    invoice_date: date | None
    due_date: date | None
    days_overdue: int
    amount_due: str
    bucket: str


class AgingData(Camel):
    """Receivables as of a day; ``known_at`` is None where everything known now counts."""

    as_of_date: date
    known_at: date | None
    buckets: list[BucketItem]
    current: str
    total_outstanding: str
    invoice_count: int
    credits: str
    credit_buckets: list[CreditBucketItem]
    net: str
    details: list[AgingItem]
