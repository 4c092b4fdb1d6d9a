"""The canonical tables: what a source is mapped to, how each column is typed, and what identifies a row.

One definition for all floors: the pipeline checks rows against it, the migrations' ``raw`` and
``quarantine`` tables follow it (a test compares them), and dbt stages those tables.
How a table is described: ``warehouse.canonical_types``.
"""

from __future__ import annotations

from warehouse.canonical_practice import PRACTICE_TABLES
from warehouse.canonical_types import (
    ADJUSTMENT_KINDS,
    CLAIM_STATUSES,
    INVOICE_STATUSES,
    PAYMENT_STATUSES,
    POSTGRES_TYPES,
    Column,
    ColumnType,
    Reference,
    Table,
)
from warehouse.canonical_types import column as _c

__all__ = ["BY_NAME", "POSTGRES_TYPES", "TABLES", "Column", "ColumnType", "Reference", "Table"]


_INVOICE = (("invoice_id", "invoices"),)
_PAYMENT = (("payment_id", "payments"),)

TABLES: tuple[Table, ...] = (
    Table(
        "hospitals",
        (
            _c("hospital_id", required=True),
            _c("name", required=True, code="name"),
            _c("timezone", default="UTC"),
            _c("currency", default="USD"),
            _c("fiscal_year_start", "integer", default="1"),
            _c("tax_rates", code="rates"),
        ),
        key=("hospital_id",),
    ),
    Table(
        "departments",
        (
            _c("department_id", required=True),
            _c("hospital_id", required=True),
            _c("code", code="short"),
            _c("name", required=True, code="name"),
        ),
        key=("department_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "providers",
        (
            _c("provider_id", required=True),
            _c("hospital_id", required=True),
            _c("department_id"),
            _c("name", required=True, code="name"),
            _c("specialization", code="words"),
        ),
        key=("provider_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "payers",
        (
            _c("payer_id", required=True),
            _c("name", required=True, code="name"),
            _c("payer_type", default="insurance", allowed=("insurance", "government", "self_pay")),
        ),
        key=("payer_id",),
        per_hospital=False,
    ),
    Table(
        "patients",
        (
            _c("patient_id", required=True),
            _c("hospital_id", required=True),
            _c("first_name", identity=True),
            _c("last_name", identity=True),
            _c("date_of_birth", "date", identity=True),
            _c("ssn", identity=True),
            _c("phone", identity=True),
            _c("email", identity=True),
            _c("address", identity=True),
        ),
        key=("patient_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "appointments",
        (
            _c("appointment_id", required=True),
            _c("hospital_id", required=True),
            _c("patient_id", required=True),
            _c("provider_id"),
            _c("department_id"),
            _c("appointment_at", "date", required=True),
            _c("status", code="appointment"),
        ),
        key=("appointment_id",),
        references=(Reference("hospital_id", "hospitals"),),
    ),
    Table(
        "invoices",
        (
            _c("invoice_id", required=True),
            _c("hospital_id", required=True),
            _c("patient_id", required=True),
            _c("invoice_date", "date", required=True),
            _c("due_date", "date"),
            _c("subtotal", "money"),
            _c("tax", "money"),
            _c("discount", "money"),
            _c("total", "money", required=True),
            _c("status", required=True, allowed=INVOICE_STATUSES),
            _c("appointment_id"),
            _c("provider_id"),
            _c("department_id"),
            _c("payer_id"),
            _c("currency"),
            _c("balance", "money"),
            _c("cancelled_date", "date"),
            _c("billed_at", "date"),
            _c("disputed", "boolean"),
            _c("created_at", "timestamp"),
            _c("updated_at", "timestamp"),
        ),
        key=("invoice_id",),
        money="total",
        required=True,
        references=(Reference("hospital_id", "hospitals"),),
        not_in_future=("invoice_date", "cancelled_date"),
        not_negative=("total", "subtotal", "tax", "discount"),
    ),
    Table(
        "payment_schedules",
        (
            _c("hospital_id"),
            _c("invoice_id", required=True),
            _c("due_date", "date", required=True),
            _c("amount", "money", required=True),
        ),
        key=("invoice_id", "due_date"),
        money="amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"),),
        positive=("amount",),
    ),
    Table(
        "payments",
        (
            _c("payment_id", required=True),
            _c("hospital_id"),
            _c("invoice_id"),
            _c("patient_id"),
            _c("payment_date", "date", required=True),
            _c("amount", "money", required=True),
            _c("status", required=True, allowed=PAYMENT_STATUSES),
            _c("method", code="method"),
            _c("payer_id"),
            _c("refunded_date", "date"),
            _c("created_at", "timestamp"),
            _c("updated_at", "timestamp"),
        ),
        key=("payment_id",),
        money="amount",
        required=True,
        hospital_from=_INVOICE,
        not_in_future=("payment_date", "refunded_date"),
        positive=("amount",),
    ),
    Table(
        "refunds",
        (
            _c("refund_id", required=True),
            _c("hospital_id"),
            _c("payment_id", required=True),
            _c("amount", "money", required=True),
            _c("refund_date", "date", required=True),
        ),
        key=("refund_id",),
        money="amount",
        hospital_from=_PAYMENT,
        references=(Reference("payment_id", "payments"),),
        not_in_future=("refund_date",),
        positive=("amount",),
    ),
    Table(
        "adjustments",
        (
            _c("adjustment_id", required=True),
            _c("hospital_id"),
            _c("invoice_id"),
            _c("patient_id"),
            _c("adjustment_date", "date", required=True),
            _c("amount", "money", required=True),
            _c("kind", default="other", allowed=ADJUSTMENT_KINDS),
            _c("category", code="category"),
            _c("reason", free_text=True),
        ),
        key=("adjustment_id",),
        money="amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"),),
        not_in_future=("adjustment_date",),
    ),
    Table(
        "allocations",
        (
            _c("allocation_id", required=True),
            _c("hospital_id"),
            _c("payment_id"),
            _c("adjustment_id"),
            _c("invoice_id", required=True),
            _c("amount", "money", required=True),
            _c("allocated_date", "date", required=True),
        ),
        key=("allocation_id",),
        money="amount",
        hospital_from=_INVOICE,
        references=(
            Reference("invoice_id", "invoices"),
            Reference("payment_id", "payments"),
            Reference("adjustment_id", "adjustments"),
        ),
        not_in_future=("allocated_date",),
    ),
    Table(
        "claims",
        (
            _c("claim_id", required=True),
            _c("hospital_id"),
            _c("invoice_id", required=True),
            _c("payer_id"),
            _c("submitted_date", "date"),
            _c("status", allowed=CLAIM_STATUSES),
            _c("adjudicated_date", "date"),
            _c("billed_amount", "money"),
            _c("allowed_amount", "money"),
            _c("paid_amount", "money"),
            _c("patient_responsibility", "money"),
            _c("denial_code", code="denial"),
            _c("clean", "boolean"),
            _c("resubmission_of"),
        ),
        key=("claim_id",),
        money="billed_amount",
        hospital_from=_INVOICE,
        references=(Reference("invoice_id", "invoices"),),
    ),
    *PRACTICE_TABLES,
)
"""Canonical tables in the order in which they load: a table comes after those that it refers to."""

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
